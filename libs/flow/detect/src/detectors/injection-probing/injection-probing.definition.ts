import { defineDetector } from '../../engine/detector.ts';
import { INJECTION_PROBING_VERSION } from './injection-probing.detector.ts';
import { InjectionProbingSettings } from './injection-probing.settings.ts';
import { InjectionProbingWatcher } from './injection-probing.watcher.ts';

export const injectionProbing = defineDetector({
  type: 'injection-probing',
  version: INJECTION_PROBING_VERSION,
  scope: 'caller',
  explainsRefusals: true,
  settings: InjectionProbingSettings,
  make: (deps) => new InjectionProbingWatcher(deps),
  page: {
    title: 'Injection probing',
    summary:
      'A caller sends injection texts (SQL, scripts, traversal, templates, Log4Shell and the like) in path, query, user agent, referer, cookies or address headers.',
    method:
      'The raw texts are decoded and scored when a request is collected (critical 5, warning 3 for each family). Requests of a score of 5 count once for each different text: 3 in ten minutes or 5 in a day. Those that leave no text in the log, in cookies and other headers, count once a second; operators of document stores that are honest in some APIs (`q[$ne]`) count beside a probe. A Log4Shell look-up or a request for cloud metadata needs no second; nor does a text that shows several signs where no honest one stands (in an id, a file name, the path, a client name; not in a search, a filter or a comment), and of weaker ones there two do within ten minutes, where Kong has a route for them and, of a single one, where it was not refused. A consumer all of whose probes stand in searches and texts and are answered hands on what people wrote: told from ten on that are most of what it sends. Endpoints where callers of several networks have weak signs of one family answered for hours are used to it.',
    owasp: ['API8:2023', 'API10:2023'],
    attack: ['T1190', 'T1595.002'],
    severity: {
      medium: 'few probes, or all were refused',
      high: 'many, or of several families, and some were answered 2xx or 5xx; Log4Shell and cloud metadata',
    },
    falsePositives: [
      'a search for code or by people who type SQL, before the endpoint is known for it',
      'a paid test of your own: except the address, with an end',
    ],
    tuning: [
      'raise `minScore` or `distinct10m` of the service that is searched for code',
      'except the scanner that you run yourself',
    ],
    scenarios: {
      positive: [
        'injection-probing-sql',
        'injection-probing-mixed',
        'injection-probing-xss',
        'injection-probing-traversal',
        'injection-probing-jndi',
      ],
      negative: ['odd-search'],
    },
  },
});
