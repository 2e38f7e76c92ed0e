import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { graphqlAbuse } from './graphql-abuse.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const ask = (i: number, query: string, responseBytes: number, clientIp = '192.0.2.15'): ApiEvent =>
  anAnonymousEvent({
    startedAt: AT + i * 6_000,
    path: '/graphql',
    pathTemplate: '/graphql',
    query,
    responseBytes,
    clientIp,
  });
const times = (n: number, query: string, bytes: number): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => ask(i, query, bytes));

describe('graphql-abuse', () => {
  it.each<[string, readonly ApiEvent[], boolean]>([
    ['the schema is read out', times(4, 'query=text:70', 60_000), true],
    ['a query by its name', times(4, 'operationName=word:18&variables=text:2&query=text:1500', 9_000), true],
    ['hundreds of aliases', times(4, 'query=text:4000', 2_000), true],
    ['short answers', times(40, 'query=text:70', 3_000), false],
    ['a client library', times(40, 'query=text:900&variables=text:40&operationName=word:9', 90_000), false],
    ['persisted queries', times(40, 'extensions=text:120&operationName=word:9', 90_000), false],
  ])('%s', (_name, events, told) => {
    expect(findingsIn(engineOf(graphqlAbuse), events).length > 0).toBe(told);
  });

  it('tells the first query that asks for the schema by name, refused ones from the third on, and not what is asked for every day', () => {
    const schema = 'query=schema:24';
    const found = (...events: ApiEvent[]) => findingsIn(engineOf(graphqlAbuse), events);
    expect(found(ask(0, schema, 900))).toHaveLength(1);
    expect(found(ask(0, `${schema}&variables=text:2`, 900))).toHaveLength(1);
    expect(found({ ...ask(0, schema, 900), path: '/api/graph', pathTemplate: '/api/graph' })).toHaveLength(1);
    const refused = (i: number) => ({ ...ask(i, schema, 200), status: 400 });
    expect(found(refused(0), refused(1))).toEqual([]);
    expect(found(refused(0), refused(1), refused(2))).toHaveLength(1);
    const build = Array.from({ length: 5 }, (_, day) => ask(day * 14_400, schema, 90_000));
    expect(found(...build)).toHaveLength(2);
    const team = Array.from({ length: 12 }, (_, i) => ask(i * 600, schema, 90_000, `198.51.${i}.1`));
    expect(found(...team)).toHaveLength(3);
  });

  it('lets pass what many callers do at an endpoint', () => {
    const many = Array.from({ length: 10 }, (_, i) => ask(i, 'query=text:70', 60_000, `198.51.${i}.1`));
    const one = Array.from({ length: 8 }, (_, i) => ask(20 + i, 'query=text:70', 60_000));
    expect(findingsIn(engineOf(graphqlAbuse), [...many, ...one])).toEqual([]);
  });

  it('tells bodies out of all proportion to what an endpoint takes, and not those that several callers send', () => {
    const post = (i: number, requestBytes: number, clientIp = '192.0.2.15') => ({
      ...ask(i, '', 2_000, clientIp),
      method: 'POST',
      requestBytes,
    });
    const usual = Array.from({ length: 400 }, (_, i) => post(i, 500 + (i % 40) * 50, `198.51.${i % 9}.1`));
    const batch = (n: number) => Array.from({ length: n }, (_, i) => post(500 + i, 60_000));
    expect(findingsIn(engineOf(graphqlAbuse), [...usual, ...batch(4)])).toHaveLength(1);
    expect(findingsIn(engineOf(graphqlAbuse), [...usual, ...batch(2)])).toEqual([]);
    expect(findingsIn(engineOf(graphqlAbuse), batch(9))).toEqual([]);
    const theirs = Array.from({ length: 8 }, (_, i) => post(420 + i, 60_000, `198.51.${i}.1`));
    expect(findingsIn(engineOf(graphqlAbuse), [...usual, ...theirs, ...batch(4)])).toEqual([]);
  });
});
