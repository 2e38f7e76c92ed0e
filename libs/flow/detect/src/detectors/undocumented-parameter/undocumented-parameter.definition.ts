import { defineDetector } from '../../engine/detector.ts';
import { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';
import { UNDOCUMENTED_PARAMETER_VERSION, UndocumentedParameterWatcher } from './undocumented-parameter.watcher.ts';

export const undocumentedParameter = defineDetector({
  type: 'undocumented-parameter',
  version: UNDOCUMENTED_PARAMETER_VERSION,
  scope: 'estate',
  settings: UndocumentedParameterSettings,
  make: (deps) => new UndocumentedParameterWatcher(deps),
  page: {
    title: 'Undocumented parameter',
    summary: 'A caller sends query names that give rights, or many names, which the endpoint never had.',
    method:
      'Each endpoint’s query names, learned from its good answers. After 50 of them: one new name that gives rights (`is_admin`, `user_role`) or two that may (`role`, `debug`) of one caller within an hour, answered 2xx; after 200: 30 new names of any kind within ten minutes. A name that three callers use is the endpoint’s own; tracking names say nothing.',
    owasp: ['API3:2023'],
    attack: ['T1190'],
    severity: { low: 'one or two names', medium: 'three names and more; a search for hidden parameters' },
    falsePositives: ['the first use of a new administrative filter'],
    tuning: ['raise `privilegedNames` for the service', 'except the caller that tests the new release'],
    scenarios: { positive: ['undocumented-parameter'], negative: ['new-feature', 'campaign'] },
  },
});
