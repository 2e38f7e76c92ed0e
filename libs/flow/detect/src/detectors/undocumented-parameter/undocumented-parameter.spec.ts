import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { undocumentedParameter } from './undocumented-parameter.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const ask = (i: number, query: string, change: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({ startedAt: AT + i * 10_000, query, ...change });
const history = (query: string, n = 300): ApiEvent[] => Array.from({ length: n }, (_, i) => ask(i, query));
const found = (...events: readonly ApiEvent[][]): number =>
  findingsIn(engineOf(undocumentedParameter), events.flat()).length;

describe('undocumented-parameter', () => {
  it.each<[string, readonly string[], boolean]>([
    ['a name that gives rights', ['is_admin=bool:4'], true],
    ['two names that may give rights', ['role=word:5', 'debug=int:1'], true],
    ['one name that may be a filter', ['role=word:5', 'role=word:7'], false],
    ['names of campaigns', ['utm_source=word:6&fbclid=text:20', 'gclid=text:30'], false],
    ['an ordinary new name', ['sort=word:4', 'sort=word:5'], false],
    ['a search for hidden names', Array.from({ length: 40 }, (_, i) => `name${i}=int:1`), true],
  ])('%s', (_name, queries, told) => {
    const tries = queries.map((query, i) => ask(400 + i, query));
    expect(found(history('page=2'), tries) > 0).toBe(told);
  });

  it('knows the names that the endpoint always had', () => {
    expect(found(history('role=word:5&debug=bool:4&is_admin=bool:4'), [ask(400, 'is_admin=bool:4&role=word:9')])).toBe(
      0,
    );
  });

  it('takes a name for the endpoint’s own when several callers use it', () => {
    const others = ['b', 'c', 'd'].map((id, i) => ask(400 + i, 'role=word:5', { consumerId: id, credentialId: id }));
    expect(found(history('page=2'), others, [ask(400 + HOUR / 10_000, 'role=word:5'), ask(800, 'debug=int:1')])).toBe(
      0,
    );
  });

  it('says nothing of an endpoint that is hardly known', () => {
    expect(found(history('page=2', 20), [ask(30, 'is_admin=bool:4')])).toBe(0);
  });
});
