import type { JsonObject } from './json.ts';
import { movableClock, startGateway, type Gateway } from './testing/gateway.ts';

const KEYED = { name: 'r', paths: ['/r'], service: 'svc', plugins: [{ name: 'key-auth' }] };
const OPEN = { name: 'open', paths: ['/open'], service: 'svc' };
const ALICE = { username: 'alice', keyauth_credentials: [{ key: 'alice-key' }], acls: [{ group: 'staff' }] };
const KEY = { apikey: 'alice-key' };

describe('the proxy enforces what stands in its configuration', () => {
  const clock = movableClock();
  let gateway: Gateway;

  beforeEach(async () => {
    const sources = { now: clock.now };
    gateway = await startGateway(
      { routes: [KEYED, OPEN], consumers: [ALICE] },
      { sources, trustedIps: ['127.0.0.0/8'] },
    );
  });

  afterEach(() => gateway.stop());

  const plugin = (path: string, name: string, config: JsonObject) => gateway.admin('POST', path, { name, config });

  test('counts requests in windows of the clock and says how long to wait', async () => {
    await plugin('/plugins', 'rate-limiting', { minute: 2, hour: 10, policy: 'local' });
    clock.advance(20_000);
    const first = await gateway.get('/r', KEY);
    expect(first.headers.get('x-ratelimit-remaining-minute')).toBe('1');
    expect(first.headers.get('x-ratelimit-remaining-hour')).toBe('9');
    expect(first.headers.get('ratelimit-limit')).toBe('2');
    expect(first.headers.get('retry-after')).toBeNull();
    await gateway.get('/r', KEY);
    const refused = await gateway.get('/r', KEY);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('40');
    // Another consumer, or nobody, has a count of its own.
    expect((await gateway.get('/open')).status).toBe(200);
    clock.advance(40_000);
    const next = await gateway.get('/r', KEY);
    expect(next.status).toBe(200);
    // What was refused did not count.
    expect(next.headers.get('x-ratelimit-remaining-hour')).toBe('7');
  });

  test('hides the limits from clients when told to', async () => {
    await plugin('/plugins', 'rate-limiting', { minute: 1, policy: 'local', hide_client_headers: true });
    await gateway.get('/open');
    const refused = await gateway.get('/open');
    expect(refused.status).toBe(429);
    expect([...refused.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  });

  test.each([
    ['deny', ['203.0.113.0/24'], '203.0.113.7', 403],
    ['deny', ['203.0.113.0/24'], '203.0.114.7', 200],
    ['deny', ['2001:db8::/32'], '2001:db8::1', 403],
    ['deny', ['203.0.113.7'], '::ffff:203.0.113.7', 403],
    ['allow', ['198.51.100.0/24'], '203.0.113.7', 403],
    ['allow', ['198.51.100.0/24'], '198.51.100.9', 200],
  ] as const)('restricts addresses: %s %j meets %s with %i', async (list, ranges, address, status) => {
    await plugin('/plugins', 'ip-restriction', { [list]: [...ranges] });
    expect((await gateway.get('/open', { 'x-forwarded-for': address })).status).toBe(status);
  });

  test('believes a forwarded address only from a trusted peer, and of a list the last', async () => {
    await plugin('/plugins', 'ip-restriction', { deny: ['203.0.113.7'] });
    expect((await gateway.get('/open', { 'x-forwarded-for': '203.0.113.7, 198.51.100.1' })).status).toBe(200);
    expect((await gateway.get('/open', { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).status).toBe(403);
  });

  test.each([[[]], [['10.0.0.0/8']]])('believes no forwarded address where it trusts only %j', async (trustedIps) => {
    await gateway.stop();
    const plugins = [{ name: 'ip-restriction', config: { deny: ['203.0.113.7'] } }];
    gateway = await startGateway({ routes: [OPEN], plugins }, { trustedIps });
    expect((await gateway.get('/open', { 'x-forwarded-for': '203.0.113.7' })).status).toBe(200);
  });

  test('refuses everyone who is not authenticated where a group is asked for', async () => {
    await plugin('/plugins', 'acl', { deny: ['nobody'] });
    expect((await gateway.get('/open')).status).toBe(401);
    const passed = await gateway.get('/r', KEY);
    expect(passed.status).toBe(200);
    expect(gateway.upstream.seen.at(-1)?.headers['x-consumer-groups']).toBe('staff');
  });

  test('answers 500 to everyone whom a dangling anonymous consumer should stand for', async () => {
    await gateway.admin('PATCH', `/plugins/${String(gateway.sim.list('plugins')[0]?.['id'])}`, {
      config: { anonymous: 'nobody' },
    });
    expect((await gateway.get('/r')).status).toBe(500);
    expect((await gateway.get('/r', KEY)).status).toBe(200);
  });

  test('terminates last: a cached answer still reaches a blocked consumer, a new one does not', async () => {
    await plugin('/routes/r/plugins', 'proxy-cache', { strategy: 'memory', content_type: ['application/json'] });
    expect((await gateway.get('/r/a', KEY)).headers.get('x-cache-status')).toBe('Miss');
    await plugin('/consumers/alice/plugins', 'request-termination', { status_code: 403, message: 'Blocked' });
    const hit = await gateway.get('/r/a', KEY);
    expect([hit.status, hit.headers.get('x-cache-status')]).toEqual([200, 'Hit']);
    const miss = await gateway.get('/r/b', KEY);
    expect([miss.status, miss.headers.get('x-cache-status'), miss.body]).toEqual([
      403,
      'Bypass',
      { message: 'Blocked' },
    ]);
  });

  test('terminates only on its trigger, with the body and type it is given', async () => {
    await plugin('/routes/open/plugins', 'request-termination', {
      status_code: 418,
      body: 'no',
      content_type: 'text/plain',
      trigger: 'x-stop',
    });
    expect((await gateway.get('/open')).status).toBe(200);
    const stopped = await gateway.get('/open', { 'x-stop': '1' });
    expect([stopped.status, stopped.body, stopped.headers.get('content-type')]).toEqual([418, 'no', 'text/plain']);
    expect((await gateway.get('/open?x-stop')).status).toBe(418);
  });

  test('forgets a key when its time is over', async () => {
    await gateway.admin('PUT', '/consumers/alice/key-auth/short-lived', { ttl: 30 });
    expect((await gateway.get('/r', { apikey: 'short-lived' })).status).toBe(200);
    clock.advance(30_000);
    expect((await gateway.get('/r', { apikey: 'short-lived' })).status).toBe(401);
    expect((await gateway.admin('GET', '/consumers/alice/key-auth/short-lived')).status).toBe(404);
  });
});

describe('a request finds its route', () => {
  const routes = [
    { name: 'short', paths: ['/a'], service: 'svc' },
    { name: 'long', paths: ['/a/b'], service: 'svc', strip_path: false },
    { name: 'regex', paths: ['~/items/\\d+$'], service: 'svc', strip_path: false },
    { name: 'items', paths: ['/items'], service: 'svc' },
    { name: 'host', paths: ['/a'], hosts: ['only.test'], service: 'svc' },
    { name: 'post', paths: ['/a'], methods: ['POST'], service: 'svc' },
    { name: 'moved', paths: ['/moved'], protocols: ['https'], https_redirect_status_code: 301, service: 'svc' },
  ];
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({
      routes: routes.map((route) => ({
        ...route,
        plugins: [{ name: 'cors', config: { exposed_headers: [route.name] } }],
      })),
    });
  });

  afterAll(() => gateway.stop());

  test.each([
    ['/a/x?q=1', {}, 'short', '/x?q=1'],
    ['/a', {}, 'short', '/'],
    ['/a/b/c', {}, 'long', '/a/b/c'],
    ['/items/12', {}, 'regex', '/items/12'],
    ['/items/twelve', {}, 'items', '/twelve'],
    ['/a/x', { method: 'POST' }, 'post', '/x'],
  ])('%s %j by the route %s, upstream as %s', async (path, init, route, sent) => {
    const answer = await gateway.get(path, {}, init);
    expect(answer.headers.get('access-control-expose-headers')).toBe(route);
    expect(gateway.upstream.seen.at(-1)?.url).toBe(sent);
  });

  test('answers 404 where none matches and redirects where TLS is asked for', async () => {
    expect((await gateway.get('/b')).status).toBe(404);
    const moved = await gateway.get('/moved/x');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, 'https://127.0.0.1/moved/x']);
  });
});
