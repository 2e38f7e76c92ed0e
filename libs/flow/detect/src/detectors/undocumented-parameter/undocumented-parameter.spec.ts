import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { undocumentedParameter } from './undocumented-parameter.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const ask = (i: number, query: string, change: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({ startedAt: AT + i * 10_000, query, ...change });
/** Of four callers, the one that tries among them. */
const history = (query: string, n = 300): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    ask(i, query, i % 4 === 0 ? {} : { consumerId: `x${i % 4}`, credentialId: `x${i % 4}` }),
  );
const found = (...events: readonly ApiEvent[][]): number =>
  findingsIn(engineOf(undocumentedParameter), events.flat()).length;

describe('undocumented-parameter', () => {
  it.each<[string, readonly string[], boolean]>([
    ['a name that gives rights', ['is_admin=bool:4'], true],
    ['two names that may give rights', ['role=word:5', 'debug=int:1'], true],
    ['one name that may be a filter', ['role=word:5', 'role=word:7'], false],
    ['one doubtful name with a value that only somebody with rights has', ['role=privilege:5'], true],
    ['a switch for administrators turned on', ['admin=bool:4'], true],
    ['the same turned off', ['admin=bool:5'], false],
    ['a name that nobody filters by, three times', ['debug=bool:4', 'debug=bool:4', 'debug=bool:4'], true],
    ['the same twice', ['debug=bool:4', 'debug=bool:4'], false],
    ['a page that is a text, three times', ['page=text:5', 'page=word:3', 'page=text:9'], true],
    ['a page that is a text, twice', ['page=text:5', 'page=word:3'], false],
    ['what programs write for nothing', Array<string>(9).fill('page=special:9'), false],
    ['two pages in one request, three times', Array<string>(3).fill('page=1&page=2'), true],
    ['two pages in one request, twice', Array<string>(2).fill('page=1&page=2'), false],
    ['several values of a filter', Array<string>(9).fill('page=1&status=word:4&status=word:4'), false],
    ['names of campaigns', ['utm_source=word:6&fbclid=text:20', 'gclid=text:30'], false],
    ['an ordinary new name', ['sort=word:4', 'sort=word:5'], false],
    ['a search for hidden names', Array.from({ length: 40 }, (_, i) => `name${i}=int:1`), true],
  ])('%s', (_name, queries, told) => {
    const tries = queries.map((query, i) => ask(400 + i, query));
    expect(found(history('page=2'), tries) > 0).toBe(told);
  });

  it('tells a search for hidden names as one though its first name gives rights', () => {
    const names = ['is_admin=bool:4', ...Array.from({ length: 40 }, (_, i) => `name${i}=int:1`)];
    const tries = names.map((query, i) => ask(400, query, { startedAt: AT + 4_000_000 + i * 20 }));
    const findings = findingsIn(engineOf(undocumentedParameter), [...history('page=2'), ...tries]);
    expect(findings.map(({ severity }) => severity)).toEqual(['low', 'medium']);
  });

  it('lets pass a rank that is looked for in a list of people', () => {
    const users = (i: number, query: string): ApiEvent =>
      ask(i, query, { path: '/v1/users', pathTemplate: '/v1/users' });
    const before = Array.from({ length: 300 }, (_, i) => users(i, 'page=2'));
    expect(found(before, [users(400, 'role=privilege:5'), users(401, 'role=privilege:5')])).toBe(0);
    expect(
      found(
        before,
        [400, 401, 402].map((i) => users(i, 'role=privilege:5')),
      ),
    ).toBeGreaterThan(0);
    expect(found(before, [users(400, 'is_admin=bool:4')])).toBeGreaterThan(0);
  });

  it('lets pass texts and repeated names that three callers use, and texts that are refused', () => {
    const use = (query: string, change: Partial<ApiEvent> = {}) => [1, 2].flatMap((n) =>
      ['b', 'c', 'd'].map((id, i) => ask(400 + 10 * n + i, query, { consumerId: id, credentialId: id, ...change }))); // prettier-ignore
    expect(found(history('page=2'), use('page=text:5'), use('page=1&page=2'))).toBe(0);
    const refused = [0, 1, 2, 3].map((i) => ask(400 + i, 'page=text:5', { status: 400 }));
    expect(found(history('page=2'), refused)).toBe(0);
  });

  it('knows an endpoint that three callers use after ten answers as far as rights go', () => {
    const callers = Array.from({ length: 15 }, (_, i) => ask(i, 'page=2', { consumerId: `c${i % 3}`, credentialId: `c${i % 3}` })); // prettier-ignore
    expect(found(callers, [ask(30, 'role=privilege:5')])).toBeGreaterThan(0);
    expect(found(callers, [ask(30, 'role=word:6&debug=int:1')])).toBe(0);
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

  describe('of long queries without any history', () => {
    const long = (names: readonly string[]): string => names.map((name) => `${name}=int:3`).join('&');
    const letters = (i: number): string => [...String(i)].map((d) => 'abcdefghij'.charAt(Number(d))).join('');
    const words = (from: number, n: number): string[] => Array.from({ length: n }, (_, i) => letters(from + i));
    const chunks = (n: number, size: number): string[] => Array.from({ length: n }, (_, i) => long(words(i * size, size))); // prettier-ignore
    const all = words(0, 60);
    const half = (i: number): string => long(all.filter((_, j) => (j * 7 + i * 3) % 5 !== 0));

    it.each<[string, readonly string[], boolean]>([
      ['other names in each of three', chunks(3, 100), true],
      ['other names in each of four short ones', chunks(4, 30), true],
      ['other names in two only', chunks(2, 100), false],
      ['three, and fewer than a hundred names', chunks(3, 31), false],
      ['many queries of few names', chunks(60, 20), false],
      ['an export with a hundred filters, again and again', Array<string>(40).fill(long(words(0, 100))), false],
      ['a search mask that leaves out what is empty', Array.from({ length: 40 }, (_, i) => half(i)), false],
      ['two forms of one address in turn', Array.from({ length: 40 }, (_, i) => long(words((i % 2) * 60, 60))), false],
      ['a table whose columns grow', Array.from({ length: 40 }, (_, i) => long(Array.from({ length: 60 }, (_, j) => `columns[${i * 60 + j}][data]`))), false], // prettier-ignore
      ['fields in brackets', Array.from({ length: 9 }, (_, i) => long(words(i * 60, 60).map((word) => `fields[${word}]`))), false], // prettier-ignore
      ['rows that are counted up', Array.from({ length: 9 }, (_, i) => long(Array.from({ length: 60 }, (_, j) => `item${i * 60 + j}`))), false], // prettier-ignore
      ['parameters of a beacon’s own', Array.from({ length: 9 }, (_, i) => long([...words(0, 40), ...words(100 + i * 60, 60).map((word) => `ep.${word}`)])), false], // prettier-ignore
    ])('%s', (_name, queries, told) => {
      const requests = queries.map((query, i) => ask(i, query));
      expect(found(requests) > 0).toBe(told);
    });

    const searched = (change: (i: number) => Partial<ApiEvent> = () => ({}), n = 5): ApiEvent[] =>
      chunks(n, 100).map((query, i) => ask(i, query, change(i)));

    it('tells a search once it is one, as medium, with its figures', () => {
      const [finding] = findingsIn(engineOf(undocumentedParameter), searched());
      expect(finding).toMatchObject({
        severity: 'medium',
        detectedAt: AT + 20_000,
        observed: { value: 300 },
        window: { from: AT },
      });
      expect(finding?.samples).toHaveLength(3);
    });

    it('tells it whatever the endpoint answers', () => {
      for (const status of [302, 400, 401, 404, 500]) expect(found(searched(() => ({ status })))).toBeGreaterThan(0);
    });

    it('lets pass the same requests of several callers, to several endpoints, and of hours', () => {
      expect(found(searched((i) => ({ consumerId: `c${i}`, credentialId: `c${i}` })))).toBe(0);
      expect(found(searched((i) => ({ path: `/v1/p${i}`, pathTemplate: `/v1/p${'x'.repeat(i)}` })))).toBe(0);
      expect(found(searched((i) => ({ startedAt: AT + (i * HOUR) / 6 })))).toBe(0);
    });

    it('lets pass what others send to the endpoint too, by names or by manner', () => {
      const by = (id: string, events: readonly ApiEvent[], later: number): ApiEvent[] =>
        events.map((event) => ({ ...event, consumerId: id, credentialId: id, startedAt: event.startedAt + later }));
      const forms = chunks(4, 40).map((query, i) => ask(i, query));
      const others = forms.flatMap((event, i) => by(`o${i}`, [event], 0));
      expect(found(others, by('bff', forms, HOUR))).toBe(0);
      const tellers = new Set(
        findingsIn(engineOf(undocumentedParameter), ['a', 'b', 'c', 'd', 'e'].flatMap((id, i) => by(id, searched(), i * HOUR))).map(({ entity }) => entity.id), // prettier-ignore
      );
      expect(tellers.size).toBe(2);
    });
  });

  it('says nothing of an endpoint that is hardly known', () => {
    expect(found(history('page=2', 4), [ask(30, 'is_admin=bool:4')])).toBe(0);
  });
});
