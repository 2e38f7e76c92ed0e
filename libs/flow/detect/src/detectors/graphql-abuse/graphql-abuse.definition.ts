import { defineDetector } from '../../engine/detector.ts';
import { GRAPHQL_ABUSE_VERSION } from './graphql-abuse.detector.ts';
import { GraphqlAbuseSettings } from './graphql-abuse.settings.ts';
import { GraphqlAbuseWatcher } from './graphql-abuse.watcher.ts';

export const graphqlAbuse = defineDetector({
  type: 'graphql-abuse',
  version: GRAPHQL_ABUSE_VERSION,
  scope: 'estate',
  settings: GraphqlAbuseSettings,
  make: (deps) => new GraphqlAbuseWatcher(deps),
  page: {
    title: 'GraphQL abuse',
    summary: 'A caller reads out a GraphQL schema or sends huge queries or batches.',
    method:
      'A query by GET that asks for the schema by name (`__schema`, `__type`) and is answered, the first of a caller; refused ones three times within ten minutes. Of the rest, GET requests to GraphQL endpoints with a query of their own and without what client libraries send beside it: answers of 20 kB and more, an operation name as long as `IntrospectionQuery`, or 1,000 characters; 3 within ten minutes. What more than three callers do is this endpoint’s way. By POST, where queries are not logged, bodies of 16 kB and more that are six times what 999 of 1,000 stay below, three within ten minutes: batches and aliases.',
    owasp: ['API4:2023', 'API8:2023'],
    attack: ['T1499.003', 'T1595'],
    severity: { low: 'a few', medium: 'many, or huge ones' },
    falsePositives: [
      'developers’ tools at a system that is not for production',
      'a new feature that sends documents by mutation',
    ],
    tuning: ['raise `minAnswerBytes`', 'switch introspection off in production'],
    scenarios: { positive: ['graphql-abuse'], negative: ['none'] },
  },
});
