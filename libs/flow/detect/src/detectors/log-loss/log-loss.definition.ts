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
    summary: 'The log lines of a gateway cannot be right, or some of them are missing.',
    method:
      'Three signs. Lines whose start lies five minutes and more after their receipt, by gateway in ten minutes. In a file (`outrider analyze`), where nobody knows of a receipt: lines whose requests ended five minutes and more after those of the lines before and after them, by an offset that stays the same; lines that a shipper held back have one that shrinks, and files that were sorted or put together have it on one side only. And the counters of rate limits as sequence numbers: what is left of a minute’s limit falls by one with each request, so that a consumer of whom 40 were counted and 31 logged has lost nine; told where a gateway’s counters agreed with its log for 1,000 requests, and at least 8 requests of three callers and 2 % are missing. Lines that come twice are no loss: Kong sends what was not acknowledged again.',
    owasp: ['API8:2023'],
    attack: ['T1562', 'T1070'],
    severity: {
      low: 'wrong clocks, or up to a fifth of the requests missing',
      medium: 'a fifth and more of the requests missing',
    },
    falsePositives: [
      'a host without time synchronisation, which is worth knowing',
      'a rate limit that a second node begins to share, whose log is not collected',
      'a log plugin that is taken off a route on purpose',
    ],
    tuning: ['raise `maxAheadMinutes`', 'raise `missingShare` where nodes share their limits'],
    scenarios: { positive: ['log-loss', 'log-loss-clock'], negative: ['outage'] },
  },
});
