import { defineDetector } from '../../engine/detector.ts';
import { PRIVILEGED_PATH_PROBING_VERSION } from './privileged-path-probing.detector.ts';
import { PrivilegedPathProbingSettings } from './privileged-path-probing.settings.ts';
import { PrivilegedPathProbingWatcher } from './privileged-path-probing.watcher.ts';

export const PRIVILEGED_PATH_PROBING = defineDetector({
  type: 'privileged-path-probing',
  version: PRIVILEGED_PATH_PROBING_VERSION,
  scope: 'caller',
  explainsRefusals: true,
  settings: PrivilegedPathProbingSettings,
  make: ({ settings, maxCallers }) => new PrivilegedPathProbingWatcher(settings, maxCallers),
  page: {
    title: 'Privileged path probing',
    summary: 'A caller searches for consoles, diagnostics, descriptions or secret files.',
    method:
      'Different paths of a kept list of words (consoles, actuators, API descriptions, internal areas, `.git`, `.env`, keys, dumps) that were refused (401, 403, 404, 405) and never worked for anybody, in ten minutes and, for slow searches, in a day. One of them at least must be a place that honest clients have no use for; of the others (`/config`, `/backup`, `/metrics`), which backup programs and agents ask for, it takes twice as many. A place that answers amid the search, and any secret file that answers with something else than a page, is high; so is an actuator that gives secrets away (`env`, `configprops`) to somebody from outside without a credential.',
    owasp: ['API5:2023', 'API8:2023', 'API9:2023'],
    attack: ['T1595.003'],
    severity: { medium: 'at the limit', high: 'four times the limit, a place that answered, or a secret file' },
    falsePositives: [
      'a monitor that looks at three diagnostic places that do not exist',
      'a security scan of your own',
    ],
    tuning: ['raise `distinct10m` for the monitor', 'except your own scanner, with an end'],
    scenarios: { positive: ['privileged-path-probing'], negative: ['monitoring', 'dead-link'] },
  },
});
