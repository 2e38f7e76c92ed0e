import { defineDetector } from '../../engine/detector.ts';
import { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';
import { UNDOCUMENTED_PARAMETER_VERSION } from './parameter-findings.ts';
import { UndocumentedParameterWatcher } from './undocumented-parameter.watcher.ts';

export const undocumentedParameter = defineDetector({
  type: 'undocumented-parameter',
  version: UNDOCUMENTED_PARAMETER_VERSION,
  scope: 'estate',
  settings: UndocumentedParameterSettings,
  make: (deps) => new UndocumentedParameterWatcher(deps),
  page: {
    title: 'Undocumented parameter',
    summary:
      'A caller sends query names that give rights, or many names, which the endpoint never had, or others in each of its long queries.',
    method:
      'Each endpoint’s query names, learned from its good answers. After 50 of them (after five at an endpoint that three callers use): one new name that gives rights (`is_admin`, `user_role`), one that may with a value that only somebody with rights has (`role=admin`, `admin=true`), or after 50 two that may (`role`, `debug`) of one caller within an hour, answered 2xx; but a rank is something to look for in a list of people. After 100, three times within an hour: a name that nobody filters by (`debug`, `test`), a text for what was a whole number a hundred times and nothing else, or a name more than once that has one value (`page=1&page=2`). After 200: 30 new names of any kind within ten minutes. With or without history and whatever is answered: three queries within ten minutes of at least 30 names each, three quarters of which this caller did not send to the endpoint before and others did not either, and 100 names in all; forms, exports and beacons have the same names each time, and rows, fields in brackets and numbered slots do not count. What three callers do is the endpoint’s own; tracking names say nothing. Of values nothing is stored but their class.',
    owasp: ['API3:2023'],
    attack: ['T1190'],
    severity: { low: 'one or two names', medium: 'three names and more; a search for hidden parameters' },
    falsePositives: [
      'the first use of a new administrative filter',
      'a server that hands on long forms of many kinds to one address',
    ],
    tuning: ['raise `privilegedNames` for the service', 'except the caller that tests the new release'],
    scenarios: { positive: ['undocumented-parameter'], negative: ['new-feature', 'campaign'] },
  },
});
