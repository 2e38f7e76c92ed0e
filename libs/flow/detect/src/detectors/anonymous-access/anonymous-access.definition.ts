import { defineDetector } from '../../engine/detector.ts';
import { ANONYMOUS_ACCESS_VERSION } from './anonymous-access.detector.ts';
import { AnonymousAccessSettings } from './anonymous-access.settings.ts';
import { AnonymousAccessWatcher } from './anonymous-access.watcher.ts';

export const ANONYMOUS_ACCESS = defineDetector({
  type: 'anonymous-access',
  version: ANONYMOUS_ACCESS_VERSION,
  scope: 'estate',
  settings: AnonymousAccessSettings,
  make: (deps) => new AnonymousAccessWatcher(deps),
  page: {
    title: 'Anonymous access',
    summary: 'A route that only ever served callers with a credential serves requests without one.',
    method:
      'Good answers (2xx of the upstream) to requests without a credential, at a route, or an endpoint of a mixed route, where at least 99 % of 200 or more good answers before went to several callers with one for a day, or where Kong was seen to refuse requests for want of one. Five such answers are told, three where 400 and more before all went to callers with a credential. In a younger log: where all callers lose their credentials from one moment on, and are missed. Where logs name no routes, what is below the first word of a path goes for one. Kong’s `anonymous` consumer is no credential: a route that it was put on is told. Routes that were open before, and answers that a plugin makes itself, are not.',
    owasp: ['API2:2023', 'API8:2023'],
    attack: ['T1190'],
    severity: { medium: 'a few answers', high: 'many answers, or an administrative endpoint' },
    falsePositives: ['a route that was opened on purpose', 'an optional login that was long used by programs alone'],
    tuning: [
      'except the route when it is meant to be open',
      'raise `minHistoryHours` or `minCallers` where logins are optional',
    ],
    scenarios: { positive: ['anonymous-access'], negative: ['new-feature', 'campaign', 'crawler'] },
  },
});
