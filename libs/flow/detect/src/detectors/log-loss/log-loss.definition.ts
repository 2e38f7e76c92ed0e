import { defineDetector } from '../../engine/detector.ts';
import { LOG_LOSS_VERSION } from './log-loss.detector.ts';
import { LogLossSettings } from './log-loss.settings.ts';
import { LogLossWatcher } from './log-loss.watcher.ts';

export const logLoss = defineDetector({
  type: 'log-loss',
  version: LOG_LOSS_VERSION,
  scope: 'estate',
  settings: LogLossSettings,
  make: (deps) => new LogLossWatcher(deps),
  page: {
    title: 'Log loss',
    summary: 'The log lines of a gateway cannot be right: their requests began after the lines were received.',
    method: 'Lines whose start lies five minutes and more after their receipt, by gateway in ten minutes.',
    owasp: ['API8:2023'],
    attack: ['T1562', 'T1070'],
    severity: { low: 'always' },
    falsePositives: ['a host without time synchronisation, which is worth knowing'],
    tuning: ['raise `maxAheadMinutes`'],
    scenarios: { positive: ['log-loss'], negative: ['outage'] },
  },
});
