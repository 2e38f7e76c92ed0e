import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { CORE_DETECTORS } from '../groups/core.group.ts';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { bitsIn, wordListKinds } from './word-list-path.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const probing = CORE_DETECTORS.filter(({ type }) => type === 'endpoint-probing');
const CLASSICS = ['/.git/config', '/.env', '/backup.zip', '/phpinfo.php', '/wp-login.php', '/config.php.bak', '/admin.jsp', '/cgi-bin/test.cgi', '/.svn/entries', '/db.sql', '/server-status', '/web.config']; // prettier-ignore
const asks = (paths: readonly string[], everyMs: number, change: Partial<ApiEvent> = {}): ApiEvent[] =>
  paths.map((path, i) =>
    anAnonymousEvent({ startedAt: AT + i * everyMs, path, pathTemplate: path, status: 404, serviceId: '', ...change }),
  );
const words = (n: number, parent = (_i: number): string => ''): string[] =>
  Array.from({ length: n }, (_, i) => `${parent(i)}/word-${i}`);
const found = (events: readonly ApiEvent[]): number => findingsIn(engineOf(...probing), events).length;

const onHosts = (n: number): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anAnonymousEvent({ startedAt: AT + i * 300, path: '/', pathTemplate: '/', host: `word${i}.example.com`, status: 404, serviceId: '', refusal: 'no-route' }),
  ); // prettier-ignore

describe('endpoint-probing', () => {
  it('lets numbered pages be that are gone, which link checkers ask for by the hundred', () => {
    expect(
      found(
        asks(
          Array.from({ length: 200 }, (_, i) => `/p/${2_000 + i * 7}.html`),
          400,
        ),
      ),
    ).toBe(0);
  });

  it('tells a search for hosts, although its one path works on a host that is there, and not the same wrong host again and again', () => {
    const home = [0, 1].map((i) => anApiEvent({ startedAt: AT - 60_000 + i, path: '/', pathTemplate: '/' }));
    expect(found([...home, ...onHosts(40)])).toBeGreaterThan(0);
    expect(found([...home, ...onHosts(40).map((event) => ({ ...event, host: '203.0.113.9' }))])).toBe(0);
    expect(found([...home, ...onHosts(8)])).toBe(0);
  });

  it.each<[string, readonly ApiEvent[], boolean]>([
    ['a list of words that a plugin refuses with 401', asks(words(60), 500, { status: 401 }), true],
    ['a list of words that is slowed down with 429', asks(words(60), 500, { status: 429 }), true],
    [
      'a slow list of words, one a minute, over several parents',
      asks(
        words(80, (i) => `/d${i % 12}`),
        60_000,
      ),
      true,
    ],
    ['a site that answers every name of a list with 200', asks(CLASSICS, 10_000, { status: 200 }), true],
    // as asked for by a worm in a public access log of 2024
    [
      'a worm that looks for one product',
      asks(
        [
          '/wp-includes/ID3/license.txt',
          '/feed/',
          '/xmlrpc.php',
          '/blog/wp-includes/wlwmanifest.xml',
          '/web/wp-includes/wlwmanifest.xml',
          '/wordpress/wp-includes/wlwmanifest.xml',
          '/wp/wp-includes/wlwmanifest.xml',
          '/shop/wp-includes/wlwmanifest.xml',
          '/test/wp-includes/wlwmanifest.xml',
        ],
        150,
      ),
      true,
    ],
    [
      'a client of packages that this host does not have',
      asks(
        [
          '/main/Packages.gz',
          '/contrib/Packages.gz',
          '/main/index.db',
          '/core.db',
          '/extra.db',
          '/index.zip',
          '/repo.yml',
          '/settings.toml',
          '/a.lock',
          '/b.lock',
        ],
        500,
      ),
      false,
    ],
    [
      'dead links of a site that was moved',
      asks(
        words(10).map((path) => `${path}.php`),
        5_000,
      ),
      false,
    ],
    ['a site that sends every name of a list to the log-in', asks(CLASSICS, 10_000, { status: 302 }), true],
    [
      'a search engine on an old site map',
      asks(words(55), 8_000, { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }),
      false,
    ],
    ['an expired key that asks for what it knows', asks(words(20), 2_000, { status: 401 }), false],
    [
      'a site of one platform',
      asks(
        words(60).map((path) => `${path}.php`),
        1_000,
        { status: 200 },
      ),
      false,
    ],
    [
      'objects that are gone, an hour long',
      asks(
        words(60, () => '/products'),
        50_000,
      ),
      false,
    ],
  ])('%s', (_name, events, told) => {
    expect(found(events) > 0).toBe(told);
  });

  it('finds the second scan of a site that answers everything', () => {
    const engine = engineOf(...probing);
    findingsIn(engine, asks(CLASSICS, 10_000, { status: 200 }));
    const again = asks(CLASSICS, 10_000, { status: 200, clientIp: '203.0.113.99' });
    expect(
      findingsIn(
        engine,
        again.map((event) => ({ ...event, startedAt: event.startedAt + 3_600_000 })),
      ),
    ).not.toEqual([]);
  });

  it('tells a list that is asked for from many addresses with one client as one scan, and not what strangers ask for', () => {
    const list = CLASSICS.flatMap((path) => [path, `/old${path}`, `/www${path}`]);
    const from = (clientFingerprint: (i: number) => string) =>
      asks(list, 40_000).map((event, i) => ({ ...event, clientIp: `45.148.${i}.7`, clientFingerprint: clientFingerprint(i) })); // prettier-ignore
    const findings = findingsIn(
      engineOf(...probing),
      from(() => 'a'.repeat(16)),
    );
    expect(new Set(findings.map(({ entity }) => entity.id))).toEqual(new Set(['45.148.0.7']));
    expect(found(from((i) => `${i % 9}`.repeat(16)))).toBe(0);
  });

  it('tells a list of any words from many addresses with one client, and not guests who come by dead links', () => {
    const stack = { clientFingerprint: 'b'.repeat(16) };
    const many = (paths: readonly string[]) =>
      asks(paths, 3_000, stack).map((event, i) => ({ ...event, clientIp: `45.148.3.${i % 25}` }));
    expect(found(many(words(200)))).toBeGreaterThan(0);
    expect(found(many(words(200).map((_, i) => `/word-${i % 40}`)))).toBe(0);
    const guests = many(words(400)).map((event, i) => (i % 3 === 0 ? event : { ...event, path: '/', pathTemplate: '/', status: 200 })); // prettier-ignore
    expect(found(guests)).toBe(0);
  });

  it('says nothing of who follows the old links of a site that moved: the same kinds of page with other numbers', () => {
    const old = Array.from({ length: 90 }, (_, i) => ['/p/', '/c/', '/blog/2019/'][i % 3] + `${4_000 + i}.html`);
    expect(found(asks(old, 400))).toBe(0);
    expect(found(asks(old.map((path, i) => path.replace(/\d{4}\.html/, `word${i}`)), 400))).toBeGreaterThan(0); // prettier-ignore
  });

  it('says nothing of files that are hosted below', () => {
    const files = CLASSICS.map((path) => `/repos/acme/site/contents${path}`);
    expect(found(files.map((path, i) => anApiEvent({ startedAt: AT + i * 1_000, path, pathTemplate: path })))).toBe(0);
  });

  it('knows kinds of names from lists, and no ordinary ones', () => {
    expect(bitsIn(CLASSICS.reduce((kinds, path) => kinds | wordListKinds(path), 0))).toBeGreaterThan(4);
    for (const path of [
      '/orders/{id}',
      '/v1/users/me',
      '/assets/logo-2019.png',
      '/.well-known/openid-configuration',
      '/products.json',
    ])
      expect([path, wordListKinds(path)]).toEqual([path, 0]);
  });
});
