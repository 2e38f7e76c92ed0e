import { defineDetector } from '../../engine/detector.ts';
import { ACCOUNT_TAKEOVER_VERSION } from './account-takeover.detector.ts';
import { AccountTakeoverSettings } from './account-takeover.settings.ts';
import { AccountTakeoverWatcher } from './account-takeover.watcher.ts';

export const ACCOUNT_TAKEOVER = defineDetector({
  type: 'account-takeover',
  version: ACCOUNT_TAKEOVER_VERSION,
  scope: 'caller',
  settings: AccountTakeoverSettings,
  make: (deps) => new AccountTakeoverWatcher(deps),
  page: {
    title: 'Account takeover',
    summary: 'A login worked after many in a row that failed, or Kong let somebody in who had been guessing keys.',
    method:
      'Failed logins at the upstream in a row, by address and client stack, with no pause of half an hour, and then a success there (five are enough, low, where they and the success came by a clock of seconds at an address that nobody logged in from); a reset of the password starts the count anew. One failure is enough of whom brute-force or credential-stuffing saw guessing within half an hour (a stuffing: while it goes on, and not of an address that somebody logged in from before). A row that takes more than half an hour must be twice as long. A row by a slow clock (a minute and more), with a success that is not at its turn, is a device that got its new password. Nothing is said of addresses with many good logins within a week or two: many people are behind them, and it is several of them who fail in a row. At the gateway: the first accepted call of an address and client that brute-force saw guessing, with a credential that was never used from that network.',
    owasp: ['API2:2023'],
    attack: ['T1078', 'T1110'],
    severity: {
      low: 'the success of somebody who failed five times, by a clock',
      medium: 'the success of somebody who failed several times',
      high: 'the success of somebody who was seen guessing, or failed many times',
    },
    falsePositives: [
      'a person who mistypes that often, and then remembers',
      'many people with one program behind one address',
    ],
    tuning: ['raise `minFailures`', 'raise `sharedFactor` where logs hold no request headers'],
    scenarios: { positive: ['account-takeover'], negative: ['typo-morning', 'office-nat'] },
  },
});
