import { defineDetector } from '../../engine/detector.ts';
import { StrangerWatcher } from '../leaked-credential/stranger.watcher.ts';
import { judgeNewOrigin, NEW_ORIGIN_VERSION } from './new-origin.detector.ts';
import { NewOriginSettings } from './new-origin.settings.ts';

export const newOrigin = defineDetector({
  type: 'new-origin',
  version: NEW_ORIGIN_VERSION,
  scope: 'caller',
  settings: NewOriginSettings,
  make: (deps) => new StrangerWatcher('new-origin', NEW_ORIGIN_VERSION, deps, judgeNewOrigin),
  page: {
    title: 'New origin',
    summary:
      'A caller comes, with its usual client, from a provider or country (or network prefix) that it never came from.',
    method:
      'The autonomous system of answered requests against all that the caller came from before; the chance of a new one on one day by how often there was one. Told when the old place goes on beside the new one, or when a quiet caller turns up in a new country. Of a program in a new country that asks for exports or administration that it never asked for before, two days of history are enough. People, and without an address table prefixes, only count at such endpoints. A new client as well makes it `leaked-credential`.',
    owasp: ['API2:2023'],
    attack: ['T1078'],
    severity: { low: 'ordinary endpoints', medium: 'administration or export' },
    falsePositives: ['a second data centre or branch', 'people who travel', 'a change of provider in steps'],
    tuning: ['raise `minHistoryDays` or `minRequests`', 'except callers that move, with an end'],
    scenarios: { positive: ['new-origin'], negative: ['office-nat', 'newcomers'] },
  },
});
