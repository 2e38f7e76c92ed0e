import { defineDetector } from '../../engine/detector.ts';
import { SILENT_SOURCE_VERSION } from './silent-source.detector.ts';
import { SilentSourceSettings } from './silent-source.settings.ts';
import { SilentSourceWatcher } from './silent-source.watcher.ts';

export const silentSource = defineDetector({
  type: 'silent-source',
  version: SILENT_SOURCE_VERSION,
  scope: 'estate',
  settings: SilentSourceSettings,
  make: (deps) => new SilentSourceWatcher(deps),
  page: {
    title: 'Silent source',
    summary: 'A gateway or service that always had requests has none in its logs any more.',
    method:
      'Time without an event, against three times the longest pause and the requests that these hours of the day usually bring. Gateways are known after twelve hours, services after a week. Tells a gateway from everything, and leaves services out while their gateway is silent.',
    owasp: ['API8:2023'],
    attack: ['T1562'],
    severity: { low: 'a service', medium: 'a gateway, or everything' },
    falsePositives: ['a gateway that is taken away', 'maintenance', 'logs of two days in one file'],
    tuning: ['raise `minGatewaySilenceMinutes`', 'except the service that rests by nature'],
    scenarios: { positive: ['silent-source'], negative: ['holiday', 'none'] },
  },
});
