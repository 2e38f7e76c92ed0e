import { isObject } from './json.ts';
import { idOf, startGateway, type Gateway } from './testing/gateway.ts';

describe('the Admin API beyond the recording', () => {
  let gateway: Gateway;

  beforeEach(async () => {
    gateway = await startGateway({
      routes: [{ name: 'r', paths: ['/r'], service: 'svc' }],
      consumers: [{ username: 'alice' }],
    });
  });

  afterEach(() => gateway.stop());

  test('refuses to delete a service that routes point at', async () => {
    expect(await gateway.admin('DELETE', '/services/svc')).toMatchObject({ status: 400, body: { code: 4 } });
    await gateway.admin('DELETE', '/routes/r');
    expect((await gateway.admin('DELETE', '/services/svc')).status).toBe(204);
  });

  test('deletes with a consumer its credentials, groups and plugins', async () => {
    await gateway.admin('POST', '/consumers/alice/key-auth', { key: 'k' });
    await gateway.admin('POST', '/consumers/alice/acls', { group: 'g' });
    await gateway.admin('POST', '/consumers/alice/plugins', { name: 'request-termination' });
    await gateway.admin('DELETE', '/consumers/alice');
    for (const kind of ['keyauth_credentials', 'acls', 'plugins', 'consumers'] as const)
      expect(gateway.sim.list(kind)).toEqual([]);
  });

  test('resets an optional field with null and refuses it for a required one', async () => {
    const limits = { minute: 5, hour: 50, policy: 'local' };
    const id = idOf(await gateway.admin('POST', '/plugins', { name: 'rate-limiting', config: limits }));
    const reset = await gateway.admin('PATCH', `/plugins/${id}`, { config: { minute: null } });
    expect(reset).toMatchObject({ status: 200, body: { config: { minute: null, hour: 50 } } });
    expect(await gateway.admin('PATCH', `/plugins/${id}`, { config: { fault_tolerant: null } })).toMatchObject({
      status: 400,
      body: { fields: { config: { fault_tolerant: 'required field missing' } } },
    });
  });

  test('takes deprecated flat fields and shows them beside their replacements', async () => {
    const config = { minute: 1, policy: 'redis', redis_host: 'redis.test' };
    const created = await gateway.admin('POST', '/plugins', { name: 'rate-limiting', config });
    expect(created).toMatchObject({
      status: 201,
      body: { config: { redis_host: 'redis.test', redis: { host: 'redis.test' } } },
    });
    expect(
      await gateway.admin('POST', '/consumers/alice/plugins', {
        name: 'rate-limiting',
        config: { minute: 1, policy: 'redis' },
      }),
    ).toMatchObject({
      status: 400,
      body: { fields: { '@entity': ["failed conditional validation given value of field 'config.policy'"] } },
    });
  });

  test('reads numbers, booleans and nested fields from a form', async () => {
    const answer = await fetch(`${gateway.sim.adminUrl}/plugins`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'name=rate-limiting&enabled=false&config.minute=5&config.policy=local&tags[]=a&tags[]=b',
    });
    expect(await answer.json()).toMatchObject({ enabled: false, config: { minute: 5 }, tags: ['a', 'b'] });
  });

  test('hands out every row once when its pages are followed', async () => {
    for (let at = 0; at < 25; at++) await gateway.admin('POST', '/consumers', { username: `c${at}` });
    const seen: unknown[] = [];
    for (let path: string | null = '/consumers?size=10'; path !== null;) {
      const { body } = await gateway.admin('GET', path);
      if (!isObject(body) || !Array.isArray(body['data'])) throw new Error('no page');
      seen.push(...body['data'].map((row) => isObject(row) && row['username']));
      path = typeof body['next'] === 'string' ? body['next'] : null;
    }
    expect(new Set(seen).size).toBe(26);
    expect(seen).toHaveLength(26);
  });

  test('hashes a basic-auth password again only when it is written', async () => {
    const created = await gateway.admin('POST', '/consumers/alice/basic-auth', { username: 'alice', password: 'pw' });
    const hashed = isObject(created.body) ? created.body['password'] : '';
    expect(await gateway.admin('PATCH', '/basic-auths/alice', { tags: ['x'] })).toMatchObject({
      body: { password: hashed },
    });
  });

  test('serves a schema for every plugin that it calls enabled', async () => {
    const { body } = await gateway.admin('GET', '/plugins/enabled');
    const names = isObject(body) && Array.isArray(body['enabled_plugins']) ? body['enabled_plugins'] : [];
    expect(names).toHaveLength(38);
    for (const name of names) expect((await gateway.admin('GET', `/schemas/plugins/${String(name)}`)).status).toBe(200);
  });
});

describe('faults of the Admin API', () => {
  let gateway: Gateway;

  beforeEach(async () => {
    gateway = await startGateway();
  });

  afterEach(() => gateway.stop());

  const create = (username: string) => gateway.admin('POST', '/consumers', { username });

  test('hit only the calls they are for, as often as they should', async () => {
    await gateway.sim.fault({ kind: 'status', status: 500, times: 1, match: ({ method }) => method === 'POST' });
    expect((await gateway.admin('GET', '/consumers')).status).toBe(200);
    expect((await create('a')).status).toBe(500);
    expect((await create('b')).status).toBe(201);
    expect(gateway.sim.list('consumers').map((row) => row['username'])).toEqual(['b']);
  });

  test('can lose the answer of a write that took effect', async () => {
    await gateway.sim.fault({ kind: 'reset', applies: true });
    await expect(create('a')).rejects.toThrow();
    expect(gateway.sim.list('consumers')).toHaveLength(1);
    expect(gateway.sim.adminLog.at(-1)).toMatchObject({
      method: 'POST',
      path: '/consumers',
      status: 0,
      body: '{"username":"a"}',
    });
  });

  test('can leave a call without an answer', async () => {
    await gateway.sim.fault({ kind: 'hang' });
    const patience = new AbortController();
    const call = fetch(`${gateway.sim.adminUrl}/status`, { signal: patience.signal });
    while (gateway.sim.adminLog.length === 0) await new Promise((resolve) => setImmediate(resolve));
    patience.abort();
    await expect(call).rejects.toThrow();
    expect(gateway.sim.adminLog.at(-1)?.status).toBe(0);
  });

  test('can refuse connections and come back on the same port', async () => {
    await gateway.sim.fault({ kind: 'refuse' });
    await expect(create('a')).rejects.toThrow();
    await gateway.sim.fault(undefined);
    expect((await create('a')).status).toBe(201);
  });

  test('leave a log of the calls, in which writes are counted', async () => {
    await create('a');
    await create('a');
    await gateway.admin('GET', '/consumers');
    expect(gateway.sim.adminLog.map(({ status }) => status)).toEqual([201, 409, 200]);
    expect(gateway.sim.adminWrites).toBe(2);
  });
});
