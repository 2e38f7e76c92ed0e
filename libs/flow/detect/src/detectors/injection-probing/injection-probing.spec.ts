import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { injectionProbing } from './injection-probing.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const typesOf = (events: readonly ApiEvent[]): readonly string[] =>
  findingsIn(engineOf(injectionProbing), events).map(({ severity }) => severity);
const probes = (n: number, everyMs: number, attacks: (i: number) => string, change: Partial<ApiEvent> = {}) =>
  Array.from({ length: n }, (_, i) =>
    anAnonymousEvent({ startedAt: AT + i * everyMs, path: `/s/${i}`, attacks: attacks(i), status: 400, ...change }),
  );

describe('injection-probing', () => {
  it.each<[string, readonly ApiEvent[], boolean]>([
    ['three different texts within ten minutes', probes(3, 60_000, () => 'sqli:5'), true],
    ['two texts', probes(2, 60_000, () => 'sqli:5'), false],
    ['the same text again and again', probes(50, 10_000, () => 'xss:5', { path: '/same', query: 'q=text:20' }), false],
    ['warnings alone', probes(50, 10_000, () => 'sqli:3'), false],
    ['a scanner that takes an hour for six texts', probes(6, 12 * 60_000, (i) => `sqli:${5 + 3 * (i % 3)}`), true],
    ['one look-up of Log4Shell', probes(1, 0, () => 'jndi:5'), true],
    ['one request for cloud metadata', probes(1, 0, () => 'ssrf:10'), true],
    ['one link to a loopback address', probes(1, 0, () => 'ssrf:5'), false],
  ])('%s', (_name, events, told) => {
    expect(typesOf(events).length > 0).toBe(told);
  });

  it('counts operators that are honest in some APIs beside one that is not', () => {
    const hints = (n: number) => probes(n, 30_000, () => 'nosql:3', { status: 200 });
    const probe = probes(1, 0, () => 'nosql:5', { startedAt: AT + 200_000, path: '/s/x' });
    const hint = probes(1, 0, () => 'nosql:3', { startedAt: AT + 230_000, path: '/s/y' });
    expect(typesOf(hints(40))).toEqual([]);
    expect(typesOf([...hints(1), ...probe])).toEqual([]);
    expect(typesOf([...hints(2), ...probe])).not.toEqual([]);
    expect(typesOf([...hints(1), ...probe, ...hint])).not.toEqual([]);
  });

  const inQuery = (query: string, attacks: string, n = 1, change: Partial<ApiEvent> = {}) =>
    probes(n, 20_000, () => attacks, { path: '/items', pathTemplate: '/items', query, status: 200, ...change });

  it.each<[string, readonly ApiEvent[], boolean]>([
    ['one exploit in an id', inQuery('id=text:40', 'sqli:18'), true],
    ['one in a file name', inQuery('file=text:22', 'traversal:23'), true],
    [
      'one in the path',
      probes(1, 0, () => 'command:5,traversal:5', { path: '/items/%3Bcat%20/etc/passwd', status: 500 }),
      true,
    ],
    ['one that is refused', inQuery('id=text:40', 'sqli:18', 1, { status: 400 }), false],
    ['one in a search', inQuery('q=text:40', 'sqli:18'), false],
    ['one in a filter, beside an id', inQuery('id=7&filter[name]=text:40', 'sqli:18'), false],
    ['one after /search/', probes(1, 0, () => 'sqli:18', { path: "/search/'x", pathTemplate: '/search/{id}' }), false],
    ['two conditions of one length on an id', inQuery('id=text:12', 'sqli:5', 2), true],
    ['one of them', inQuery('id=text:12', 'sqli:5'), false],
    ['one for a route that is not there', inQuery('id=text:40', 'sqli:18', 1, { refusal: 'no-route' }), false],
    ['ways up to pictures', inQuery('file=text:22', 'traversal:13', 2), false],
    ['links to inner addresses', inQuery('callback=url:22', 'ssrf:5', 2), false],
  ])('tells what leaves no doubt where it stands: %s', (_name, events, told) => {
    expect(typesOf(events).length > 0).toBe(told);
  });

  it('tells the check of a monitor, which comes all day, once', () => {
    const checks = inQuery('id=text:25', 'xss:15', 200).map((event, i) => ({ ...event, startedAt: AT + i * 300_000 }));
    expect(typesOf(checks)).toHaveLength(1);
  });

  it('lets a consumer hand on what people wrote, and tells the same of who does little else', () => {
    const texts = (everyMs: number) =>
      Array.from({ length: 200 }, (_, i) => anApiEvent({ startedAt: AT + i * 5_000, path: '/translate', pathTemplate: '/translate', query: `text=text:${20 + i}`, attacks: i % everyMs === 0 ? ['xss:5', 'sqli:5', 'traversal:23'][i % 3] ?? '' : '', status: 200 })); // prettier-ignore
    expect(typesOf(texts(10))).toEqual([]);
    expect(typesOf(texts(3))).toEqual([]);
    expect(typesOf(texts(1))).not.toEqual([]);
  });

  it('tells texts in the user agent from one another', () => {
    const agents = ["1' or '1'='1", "1' or '2'='2", "1' or '3'='3"];
    const sent = (userAgent: string, i: number) => probes(1, 0, () => 'sqli:10', { startedAt: AT + i * 9_000, path: '/p', userAgent })[0] as ApiEvent; // prettier-ignore
    expect(typesOf(agents.map(sent))).not.toEqual([]);
  });

  it('counts each of those that can only have been in a header, and the same text in the query once', () => {
    const header = probes(3, 20_000, () => 'sqli:10', { path: '/p', query: 'page=2&sort=word:4' });
    const query = probes(9, 20_000, () => 'sqli:10', { path: '/p', query: 'q=text:14' });
    expect(typesOf(header)).not.toEqual([]);
    expect(typesOf(header.slice(1))).toEqual([]);
    expect(typesOf(query)).toEqual([]);
  });

  it('takes it more seriously when many were answered', () => {
    expect(typesOf(probes(12, 5_000, () => 'sqli:5,xss:5', { status: 200 }))).toContain('high');
    expect(typesOf(probes(12, 5_000, () => 'sqli:5', { status: 403 }))).not.toContain('high');
  });

  it('lets the users of a search for code type what they like, once several networks did so for hours', () => {
    const search = (i: number, at: number): ApiEvent =>
      anAnonymousEvent({
        clientIp: `198.51.${i}.7`,
        startedAt: at,
        path: `/search/${at}`,
        pathTemplate: '/search',
        attacks: 'sqli:5',
        status: 200,
      });
    const people = Array.from({ length: 24 }, (_, i) => search(i % 12, AT + i * HOUR));
    const one = [0, 1, 2, 3, 4, 5].map((i) => search(77, AT + 25 * HOUR + i * 20_000));
    expect(typesOf([...people, ...one])).toEqual([]);
    expect(typesOf([...people, ...one.map((event) => ({ ...event, attacks: 'sqli:21' }))])).not.toEqual([]);
  });

  it('does not blame a consumer for what its many users type now and then', () => {
    const plain = Array.from({ length: 2_000 }, (_, i) => anApiEvent({ startedAt: AT + i * 20_000 }));
    const typed = Array.from({ length: 8 }, (_, i) =>
      anApiEvent({
        startedAt: AT + i * 80 * 60_000 + 5_000,
        clientIp: `203.0.113.${i}`,
        path: `/search/${i}`,
        attacks: 'sqli:5',
      }),
    );
    expect(typesOf([...plain, ...typed])).toEqual([]);
  });
});
