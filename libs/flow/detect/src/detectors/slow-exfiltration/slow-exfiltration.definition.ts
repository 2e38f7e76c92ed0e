import { defineDetector } from '../../engine/detector.ts';
import { objectTrailsOf } from '../../objects/object-trails.ts';
import { SLOW_EXFILTRATION_VERSION } from './slow-exfiltration.detector.ts';
import { SlowExfiltrationSettings } from './slow-exfiltration.settings.ts';
import { SlowExfiltrationWatcher } from './slow-exfiltration.watcher.ts';

export const SLOW_EXFILTRATION = defineDetector({
  type: 'slow-exfiltration',
  version: SLOW_EXFILTRATION_VERSION,
  scope: 'estate',
  settings: SlowExfiltrationSettings,
  make: ({ settings, maxCallers, knowledge }) =>
    new SlowExfiltrationWatcher(settings, objectTrailsOf(knowledge, maxCallers), maxCallers),
  page: {
    title: 'Slow exfiltration',
    summary: 'A consumer takes a little more each day, until it takes many times what it did.',
    method:
      'A one-sided CUSUM of the logarithms of daily bytes, and of objects never asked for before, over one to six weeks (allowance 0.5, limit 8 standard deviations of the first half), with a floor, a growth of at least 3 on two of the last three days (of 10 on three of four while fewer than two weeks are known) and of three times the growth of its peers.',
    owasp: ['API6:2023'],
    attack: ['T1030'],
    severity: { medium: 'always' },
    falsePositives: ['a customer that grows by itself'],
    tuning: ['raise `growth` for consumers in their launch'],
    scenarios: { positive: ['slow-exfiltration'], negative: ['sale', 'newcomers'] },
  },
});
