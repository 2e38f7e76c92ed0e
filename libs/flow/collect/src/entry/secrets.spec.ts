import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import { aContext, anEntry, eventOf, readEntry, type LooseEntry } from '../testing/log-entry.ts';
import { CredentialNames } from './secret-names.ts';
import { secretShape } from './secret-shape.ts';
import { redactText } from './secret-text.ts';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const jwtOf = (seed: string): string =>
  `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify({ sub: seed }))}.${createHash('sha256').update(seed).digest('base64url')}`;

/** Secrets that look like secrets wherever they stand. */
const shaped = fc
  .tuple(fc.integer(), fc.constantFrom('jwt', 'stripe', 'github', 'hex', 'aws', 'slack'))
  .map(([n, kind]) => {
    const hex = createHash('sha256').update(String(n)).digest('hex');
    switch (kind) {
      case 'jwt':
        return jwtOf(hex);
      case 'stripe':
        return `sk_live_${hex.slice(0, 24)}`;
      case 'github':
        return `ghp_${hex.slice(0, 36)}`;
      case 'aws':
        return `AKIA${hex.slice(0, 16).toUpperCase()}`;
      case 'slack':
        return `xoxb-${hex.slice(0, 12)}-${hex.slice(12, 24)}`;
      default:
        return hex;
    }
  });
/** Secrets that only their place gives away: a password, a short key. */
const plain = fc.stringMatching(/^[A-Za-z]{4}[A-Za-z0-9_]{6,30}$/).map((text) => `zq${text}`);
/** The same with characters that separate other things. */
const odd = fc.stringMatching(/^zq[A-Za-z0-9][A-Za-z0-9!*$+=@:~|^-]{6,24}9$/);
const any = fc.oneof(shaped, plain);
const announced = fc.oneof(shaped, plain, odd);
const withSlash = odd.map((text) => `${text.slice(0, 5)}/${text.slice(5)}`);

/** Where Kong repeats what a client sent, and what may be planted there. */
const places: Record<string, { secret: fc.Arbitrary<string>; plant: (entry: LooseEntry, secret: string) => void }> = {
  'a key header': { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.request.headers['apikey'] = s) },
  'a key header that is a list': { secret: any, plant: (e, s) => void (e.request.headers['x-api-key'] = [s, s]) },
  'a configured header': { secret: any, plant: (e, s) => void (e.request.headers['x-our-pass'] = s) },
  authorization: { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.request.headers['authorization'] = `Bearer ${s}`) },
  'basic authorization': { secret: any, plant: (e, s) => void (e.request.headers['authorization'] = [`Basic ${base64url(`u:${s}`)}`, s]) },
  cookie: { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.request.headers['cookie'] = [`a=1; session=${s}`, `b=${s}`]) },
  'set-cookie': { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.response.headers['set-cookie'] = [`sid=${s}; HttpOnly`, `x=${s}`]) },
  'a forged identity header': { secret: any, plant: (e, s) => void (e.request.headers['x-credential-identifier'] = s) },
  'any other header': { secret: any, plant: (e, s) => void (e.request.headers['x-custom'] = s) },
  referer: { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.request.headers['referer'] = `https://u:${s}@h/?token=${s}#${s}`) },
  'the query, under a well-known name': { secret: any, plant: (e, s) => everyUrl(e, `/x?page=1&api_key=${s}`) },
  'the query, under a configured name': { secret: any, plant: (e, s) => everyUrl(e, `/x?x-our-pass=${s}&a=b`) },
  'the query, under any name': { secret: any, plant: (e, s) => everyUrl(e, `/x?q=${s}&r=${encodeURIComponent(`a ${s}`)}`) },
  'an allow-listed parameter': { secret: shaped, plant: (e, s) => everyUrl(e, `/x?keep=${s}`) },
  'a parameter name': { secret: shaped, plant: (e, s) => everyUrl(e, `/x?${s}&${s}=1&${s}[]=2`) },
  'an encoded name': { secret: any, plant: (e, s) => everyUrl(e, `/x?%61pikey=${s}`) },
  'a path segment': { secret: shaped, plant: (e, s) => everyUrl(e, `/a/${s}/b`) },
  'an encoded path segment': { secret: shaped, plant: (e, s) => everyUrl(e, `/a/%${s.charCodeAt(0).toString(16)}${s.slice(1)}/b`) },
  'a matrix parameter': { secret: announced, plant: (e, s) => everyUrl(e, `/a;jsessionid=${s}/b;token=${s}?x=1`) },
  'a path assignment': { secret: announced, plant: (e, s) => everyUrl(e, `/a/token=${s}/b/password:${s}`) },
  'a whole URL with a password': { secret: announced, plant: (e, s) => everyUrl(e, `http://alice:${s}@api.example/x?y=1`) },
  'a URL within the path': { secret: announced, plant: (e, s) => everyUrl(e, `/proxy/https://alice:${s}@api.example/x`) },
  'the host': { secret: announced, plant: (e, s) => void (e.request.headers['host'] = `alice:${s}@api.example`) },
  'the user agent': { secret: shaped, plant: (e, s) => void (e.request.headers['user-agent'] = `client/1.0 (${s}; x) ${s}`) },
  'a named value in the user agent': { secret: fc.oneof(announced, withSlash), plant: (e, s) => void (e.request.headers['user-agent'] = `c/1 token=${s} Bearer ${s} apikey: ${s}`) },
  'a content type': { secret: any, plant: (e, s) => void (e.request.headers['content-type'] = `text/plain; token=${s}`) },
  'the credential id': { secret: any, plant: (e, s) => void (e['authenticated_entity'] = { id: `ldap_auth_cache:1:${s}` }) },
  'a consumer name': { secret: shaped, plant: (e, s) => void (e['consumer'] = { id: s, username: s, custom_id: s, tags: [s] }) },
  'a service and route name': { secret: shaped, plant: (e, s) => Object.assign(e, { service: { id: s, name: s }, route: { id: s, name: s } }) },
  'the method': { secret: shaped, plant: (e, s) => void (e.request['method'] = s) },
  'the client address': { secret: any, plant: (e, s) => void (e['client_ip'] = s) },
  'the TLS version': { secret: shaped, plant: (e, s) => void (e.request['tls'] = { version: s, cipher: s }) },
  'a custom field': { secret: any, plant: (e, s) => void (e['secret'] = { deep: [s] }) },
}; // prettier-ignore

const everyUrl = (e: LooseEntry, target: string): void => {
  e.request['uri'] = target;
  e.request['url'] = `http://api.lab.test:8000${target}`;
  e['upstream_uri'] = target;
  e.request.headers['referer'] = target;
};

const context = () => aContext({ keyNames: ['X-Our-Pass'], keepQueryValues: ['keep'] });

describe('no planted secret survives collect', () => {
  it.each(Object.entries(places))('in %s', (_place, { secret, plant }) => {
    const reading = context();
    fc.assert(
      fc.property(secret, (planted) => {
        const entry = anEntry((e) => plant(e, planted));
        const row = encodeEvent(eventOf(entry, reading));
        expect(row.toLowerCase()).not.toContain(planted.toLowerCase());
        expect(row).not.toContain(base64url(`u:${planted}`));
        // The same entry, cut off or without its time, is a dead letter.
        const cut = Buffer.from(JSON.stringify(entry).slice(0, -2));
        const { started_at: _, ...timeless } = entry;
        for (const broken of [cut, timeless, Buffer.concat([Buffer.from('x'), cut])]) {
          const outcome = readEntry(broken, reading);
          if (outcome.kind === 'pass') throw new Error('read');
          expect(JSON.stringify(outcome.letter())).not.toContain(planted);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

describe('what is no secret stays readable', () => {
  it.each([
    '/api/orders/42/items',
    '/v1/users/4f4bf393-5b7c-42f1-82a0-961096f6ea03',
    '/docs/how-to-build-a-better-mousetrap-in-2024',
    '/catalog/01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '/blob/356a192b7913b04c54574d18c28d46e6395428ab',
    '/posts/V1StGXR8_Z5jdHi6B-myT',
    '/oauth2/token/revoke',
    '/keys/public',
    '/getUserAccountSettingsByCustomerIdV2',
    '/.well-known/openid-configuration',
    '/reports/2024-01-01/summary.json',
    '/user@example.com/inbox',
    '/caf%C3%A9/men%C3%BC',
  ])('%s', (path) => expect(eventOf(anEntry((e) => void (e.request['uri'] = path))).path).toBe(path));

  it('user agents of real clients', () => {
    const names = new CredentialNames();
    for (const agent of [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      'okhttp/4.12.0',
      'aws-sdk-go-v2/1.26.1 os/linux lang/go#1.22.2 md/GOOS#linux md/GOARCH#amd64 api/s3#1.53.1',
      'lab bot (contact: ops@example.com)',
    ])
      expect(redactText(agent, names)).toBe(agent);
  });
});

describe('hostile megabytes', () => {
  const names = new CredentialNames();
  it.each([
    ['a', 'a'.repeat(1 << 20)],
    ['%', '%'.repeat(1 << 20)],
    ['%2', '%2'.repeat(1 << 19)],
    ['=', 'token='.repeat(1 << 17)],
    [':', 'a:'.repeat(1 << 19)],
    ['@', 'a@'.repeat(1 << 19)],
    ['eyJ', 'eyJ'.repeat(1 << 18)],
    ['://', '//a:'.repeat(1 << 18)],
    ['x7', 'x7'.repeat(1 << 19)],
  ])('of %s are redacted in linear time', (_what, text) => {
    expect(redactText(text, names).length).toBeGreaterThan(0);
    secretShape(text);
    expect(eventOf(anEntry((e) => everyUrl(e, `/${text}?${text}`))).path.length).toBeLessThanOrEqual(1_200);
    expect(eventOf(anEntry((e) => everyUrl(e, `/?${'a=1&'.repeat(1 << 16)}`))).query.length).toBeLessThan(4_000);
  });
});

describe('learned names', () => {
  it('apply to paths and agents that were read before', () => {
    const reading = context();
    const read = () =>
      eventOf(
        anEntry((e) => {
          e.request.headers = {};
          everyUrl(e, '/a;door=sesame?door=sesame');
        }),
        reading,
      );
    expect(read().path).toBe('/a;door=sesame');
    expect(read().credentialFingerprint).toBe('');
    reading.names.learn(['Door']);
    expect(read()).toMatchObject({ path: '/a;door={secret}', query: 'door=secret:6' });
    expect(read().credentialFingerprint).toMatch(/^[0-9a-f]{16}$/);
  });
});
