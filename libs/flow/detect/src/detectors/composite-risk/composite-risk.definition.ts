import { defineDetector } from '../../engine/detector.ts';
import { COMPOSITE_RISK_VERSION } from './composite-risk.detector.ts';
import { CompositeRiskSettings } from './composite-risk.settings.ts';
import { CompositeRiskWatcher } from './composite-risk.watcher.ts';

export const compositeRisk = defineDetector({
  type: 'composite-risk',
  version: COMPOSITE_RISK_VERSION,
  scope: 'caller',
  settings: CompositeRiskSettings,
  make: (deps) => new CompositeRiskWatcher(deps),
  page: {
    title: 'Composite risk',
    summary: 'Several kinds of weak signs meet at one caller, none of which is serious alone.',
    method:
      'Findings of at most medium severity on the caller, each family (identity, authorization, extraction, …) by its strongest, weighed by severity and confidence and halved every 24 hours; the chance that at least one is right (noisy-or) from 0.9 on, of at least 3 families. While a finding on the caller is high by itself, nothing is added.',
    owasp: ['API2:2023', 'API6:2023'],
    attack: ['T1078'],
    severity: { high: 'always: several detectors agree' },
    falsePositives: ['a caller that changes software, place and work at once, as in a move to another provider'],
    tuning: ['raise `minRisk` or `minFamilies`'],
    scenarios: { positive: ['composite-risk'], negative: ['sdk-release', 'key-rotation'] },
  },
});
