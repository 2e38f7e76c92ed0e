import { jest } from '@jest/globals';
import { systemSources } from './identifiers.ts';
import { GatewayView } from './proxy/gateway-view.ts';
import { EntityStore } from './store/entity-store.ts';
import { idOf, startGateway, type Gateway } from './testing/gateway.ts';

const ROUTE = { name: 'r', paths: ['/r'], service: 'svc', plugins: [{ name: 'key-auth' }] };
const ALICE = { username: 'alice', keyauth_credentials: [{ key: 'alice-key' }] };

describe('which configuration of a plugin applies', () => {
  let gateway: Gateway;

  beforeEach(async () => {
    gateway = await startGateway({ routes: [ROUTE], consumers: [ALICE] });
  });

  afterEach(() => gateway.stop());

  test('is the most specific one, in the order of all eight scopes', async () => {
    const [route, service, consumer] = [{ name: 'r' }, { name: 'svc' }, { username: 'alice' }];
    const scopes = [
      { route, service, consumer },
      { route, consumer },
      { service, consumer },
      { route, service },
      { consumer },
      { route },
      { service },
      {},
    ];
    const ids: string[] = [];
    for (const [at, scope] of scopes.entries()) {
      const config = { status_code: 450 + at };
      ids.push(idOf(await gateway.admin('POST', '/plugins', { name: 'request-termination', config, ...scope })));
    }
    for (const [at, id] of ids.entries()) {
      expect((await gateway.get('/r', { apikey: 'alice-key' })).status).toBe(450 + at);
      await gateway.admin('DELETE', `/plugins/${id}`);
    }
    expect((await gateway.get('/r', { apikey: 'alice-key' })).status).toBe(200);
  });

  test('passes over a disabled one, which still occupies its slot', async () => {
    const termination = { name: 'request-termination', config: { status_code: 403 } };
    await gateway.admin('POST', '/plugins', termination);
    await gateway.admin('POST', '/consumers/alice/plugins', { name: 'request-termination', enabled: false });
    expect((await gateway.get('/r', { apikey: 'alice-key' })).status).toBe(403);
    expect((await gateway.admin('POST', '/consumers/alice/plugins', termination)).status).toBe(409);
  });

  test('lets a consumer’s own rate limit replace a stricter one of the route', async () => {
    await gateway.admin('POST', '/routes/r/plugins', { name: 'rate-limiting', config: { year: 2, policy: 'local' } });
    await gateway.admin('POST', '/consumers/alice/plugins', {
      name: 'rate-limiting',
      config: { year: 4, policy: 'local' },
    });
    const statuses: number[] = [];
    for (let at = 0; at < 5; at++) statuses.push((await gateway.get('/r', { apikey: 'alice-key' })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  test('makes a global address block inert where a route has its own list', async () => {
    await gateway.admin('POST', '/plugins', { name: 'ip-restriction', config: { deny: ['127.0.0.0/8'] } });
    expect((await gateway.get('/r', { apikey: 'alice-key' })).status).toBe(403);
    await gateway.admin('POST', '/routes/r/plugins', { name: 'ip-restriction', config: { deny: ['192.0.2.1'] } });
    expect((await gateway.get('/r', { apikey: 'alice-key' })).status).toBe(200);
  });
});

describe('when a change takes effect', () => {
  let gateway: Gateway | undefined;
  let view: GatewayView | undefined;

  afterEach(async () => {
    jest.useRealTimers();
    view?.stop();
    await gateway?.stop();
    [gateway, view] = [undefined, undefined];
  });

  test('is the next poll for plugins, routes and services, and at once for consumers, credentials and groups', async () => {
    const running = await startGateway(
      { routes: [ROUTE], consumers: [ALICE] },
      { propagationMs: Number.POSITIVE_INFINITY },
    );
    gateway = running;
    const status = async (path = '/r', key = 'alice-key'): Promise<number> =>
      (await running.get(path, { apikey: key })).status;
    await running.admin('POST', '/routes/r/plugins', { name: 'acl', config: { deny: ['blocked'] } });
    await running.admin('POST', '/services/svc/routes', { name: 'later', paths: ['/later'] });
    expect([await status(), await status('/later')]).toEqual([200, 404]);
    running.sim.propagate();
    expect([await status(), await status('/later')]).toEqual([200, 200]);

    await running.admin('POST', '/consumers/alice/acls', { group: 'blocked' });
    expect(await status()).toBe(403);
    await running.admin('DELETE', '/consumers/alice/acls/blocked');
    expect(await status()).toBe(200);
    await running.admin('POST', '/consumers/alice/key-auth', { key: 'second' });
    expect(await status('/r', 'second')).toBe(200);
    await running.admin('DELETE', '/consumers/alice');
    expect(await status('/r', 'second')).toBe(401);
  });

  test('is when the polling interval is over, for everything that changed in it', () => {
    jest.useFakeTimers();
    const store = new EntityStore(systemSources);
    const polled = new GatewayView(store, 5_000);
    view = polled;
    polled.start();
    store.insert('plugins', { name: 'request-termination' });
    jest.advanceTimersByTime(4_999);
    expect(polled.plugin('request-termination')).toBeUndefined();
    store.insert('plugins', { name: 'bot-detection' });
    jest.advanceTimersByTime(1);
    expect(polled.plugin('request-termination')).toBeDefined();
    expect(polled.plugin('bot-detection')).toBeDefined();
  });
});
