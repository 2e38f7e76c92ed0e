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
      'Minutes with next to nothing, against what the hour of the day (the quietest of it and its neighbours, weekends apart) and the last three hours usually bring: the likelihood of a twentieth of that rather than half of it must be a million to one, and three times the strongest that any lull gave before. Stray lines do not break a silence, and a caller’s requests in a row count once, so that a bulk job that ends is none. Gateways are known after twelve hours, services after a week. Of a stream of ten requests a second and more a hole of 45 seconds is told (low) once it goes on as before. Tells a gateway from everything, leaves services out while their gateway is silent, and ends after a day: then that is how things are.',
    owasp: ['API8:2023'],
    attack: ['T1562'],
    severity: { low: 'a service', medium: 'a gateway, or everything' },
    falsePositives: ['a gateway that is taken away', 'the first maintenance window', 'a file with gaps'],
    tuning: ['raise `minGatewaySilenceMinutes`', 'except the service that rests by nature'],
    scenarios: { positive: ['silent-source'], negative: ['holiday', 'none'] },
  },
});
