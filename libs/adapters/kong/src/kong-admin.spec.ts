import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { NewPlugin } from '@outrider/ports/gateway-admin';
import { KongAdmin } from './kong-admin.ts';
import { KongGateways } from './kong-gateways.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const ALICE = 'c0ffee00-0000-4000-8000-000000000001';

const aPlugin = (overrides: Partial<NewPlugin> = {}): NewPlugin => ({
  id: ID,
  name: 'request-termination',
  enabled: true,
  tags: ['outrider'],
  service: null,
  route: null,
  consumer: { id: ALICE },
  config: { status_code: 403, message: 'Blocked' },
  ...overrides,
});

/** A server that answers what it is told. */
const serving = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
};

describe('against kong-sim', () => {
  let sim: KongSim;
  let kong: KongAdmin;
  beforeAll(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    kong = new KongAdmin({ url: sim.adminUrl });
    sim.seed({
      consumers: [{ id: ALICE, username: 'alice' }],
      services: [{ name: 's', url: sim.upstreamUrl, routes: [{ name: 'r', paths: ['/x'] }] }],
    });
  });
  afterEach(async () => {
    await sim.fault(undefined);
    for (const { id } of await kong.plugins()) await kong.deletePlugin(id);
  });
  afterAll(async () => {
    kong.close();
    await sim.stop();
  });

  test('creates under the chosen id, twice harmlessly, merges a patch and takes out, twice harmlessly', async () => {
    const made = await kong.putPlugin(aPlugin());
    expect(made).toMatchObject({
      id: ID,
      tags: ['outrider'],
      consumer: { id: ALICE },
      config: { status_code: 403, echo: false },
    });
    expect(await kong.putPlugin(aPlugin())).toEqual(made);
    expect(await kong.patchPlugin(ID, { config: { message: null } })).toMatchObject({
      config: { status_code: 403, message: null },
    });
    expect(await kong.plugin(ID)).toMatchObject({ enabled: true, config: { message: null } });
    expect(await kong.taggedPlugins('outrider')).toHaveLength(1);
    expect(await kong.consumerPlugins('alice')).toHaveLength(1);
    await kong.deletePlugin(ID);
    await kong.deletePlugin(ID);
    expect(await kong.plugin(ID)).toBeUndefined();
    expect(await kong.patchPlugin(ID, { enabled: false })).toBeUndefined();
  });

  test('reads services, memberships of ACL groups and plugins page by page; what a visitor throws ends it', async () => {
    sim.seed({
      services: [{ name: 'tls', url: 'https://upstream.example', tls_verify: true }],
      consumers: [{ username: 'carol', acls: [{ group: 'staff' }, { group: 'admin' }] }],
    });
    const services = await kong.services();
    expect(services.map(({ name, port, tls_verify }) => [name, port, tls_verify]).sort()).toEqual([
      ['s', expect.any(Number), null],
      ['tls', 443, true],
    ]);
    const carol = await kong.consumer('carol');
    const groups: unknown[] = [];
    await kong.eachMembership((membership) => groups.push(membership));
    expect(groups).toHaveLength(2);
    expect(groups).toContainEqual({ consumer: carol?.id, group: 'admin' });
    await kong.putPlugin(aPlugin());
    const refuse = kong.eachPlugin(() => {
      throw new PermanentError('enough', 'enough');
    });
    await expect(refuse).rejects.toThrow('enough');
    expect((await kong.routes())[0]?.protocols).toEqual(['http', 'https']);
  });

  test('reads consumers by id or name, and routes', async () => {
    expect(await kong.consumer('alice')).toMatchObject({ id: ALICE, username: 'alice' });
    expect(await kong.consumer(ALICE)).toMatchObject({ username: 'alice' });
    expect(await kong.consumer('no/body?')).toBeUndefined();
    expect(await kong.consumerPlugins('nobody')).toEqual([]);
    expect(await kong.routes()).toMatchObject([{ name: 'r', paths: ['/x'] }]);
  });

  test('knows a node that can be written to and Kong’s clock', async () => {
    expect(await kong.info()).toMatchObject({ version: '3.9.3', writable: true });
    expect((await kong.info()).clockAt).toBeGreaterThan(0);
  });

  test.each([
    ['a taken scope', { id: '11111111-2222-4333-8444-666666666666' }, ConflictError, 'conflict'],
    ['what the schema forbids', { config: { status_code: 42 } }, PermanentError, 'kong-2'],
    ['an unknown plugin', { name: 'nope', config: {} }, PermanentError, 'kong-2'],
    [
      'a consumer that is gone',
      { id: '11111111-2222-4333-8444-777777777777', consumer: { id: '00000000-0000-4000-8000-000000000009' } },
      PermanentError,
      'no-such-parent',
    ],
  ])('%s is told by class and code', async (_name, overrides, type, code) => {
    await kong.putPlugin(aPlugin());
    const error: unknown = await kong.putPlugin(aPlugin(overrides)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code });
  });

  test('a DB-less node is not writable, and says so to a write', async () => {
    const dbless = await startKongSim({ dbless: true });
    const reader = new KongAdmin({ url: dbless.adminUrl });
    expect(await reader.info()).toMatchObject({ writable: false });
    await expect(reader.putPlugin(aPlugin())).rejects.toMatchObject({ name: 'PermanentError', code: 'read-only' });
    reader.close();
    await dbless.stop();
  });

  test('a broken connection is tried once more when reading and never when writing', async () => {
    await sim.fault({ kind: 'reset', times: 1 });
    expect(await kong.plugins()).toEqual([]);
    await sim.fault({ kind: 'reset', times: 1 });
    const writes = sim.adminWrites;
    await expect(kong.putPlugin(aPlugin())).rejects.toBeInstanceOf(TransientError);
    expect(sim.adminWrites).toBe(writes + 1);
  });

  test.each([500, 502, 503, 429] as const)('%s is worth another try', async (status) => {
    await sim.fault({ kind: 'status', status });
    await expect(kong.plugins()).rejects.toMatchObject({ name: 'TransientError', code: `http-${status}` });
  });

  test.each([401, 403] as const)('%s is not, and says which setting to look at', async (status) => {
    await sim.fault({ kind: 'status', status });
    await expect(kong.plugins()).rejects.toBeInstanceOf(PermanentError);
  });

  test('an Admin API that does not listen, or hangs, is away', async () => {
    await sim.fault({ kind: 'refuse' });
    await expect(kong.info()).rejects.toBeInstanceOf(TransientError);
    await sim.fault({ kind: 'hang', times: 1 });
    const hasty = new KongAdmin({ url: sim.adminUrl, totalTimeoutMs: 50 });
    await expect(hasty.info()).rejects.toMatchObject({ code: 'timeout' });
    hasty.close();
  });
});

describe('whatever answers', () => {
  test('the token and the workspace go with each request; the token is in no error', async () => {
    const seen: unknown[] = [];
    const server = await serving(({ url, headers }, response) => {
      seen.push([url, headers['kong-admin-token']]);
      response.writeHead(401, { 'content-type': 'text/html' }).end('<html>no</html>');
    });
    const gateways = new KongGateways([
      {
        id: 'default',
        tenant: 'default',
        adminUrl: `${server.url}/kong/`,
        adminToken: 's3cret',
        workspace: 'team',
        propagationMs: 7,
      },
      { id: 'logs-only', tenant: 'default', propagationMs: 5_500 },
    ]);
    const error: unknown = await gateways
      .admin('default', 'default')
      ?.consumer('a')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PermanentError', code: 'unauthenticated' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
    expect(seen).toEqual([['/kong/team/consumers/a', 's3cret']]);
    expect(gateways.propagationMs('default', 'default')).toBe(7);
    expect(gateways.admin('default', 'logs-only')).toBeUndefined();
    expect(gateways.admin('other', 'default')).toBeUndefined();
    expect(gateways.list().map(({ adminConfigured }) => adminConfigured)).toEqual([true, false]);
    gateways.close();
    await server.stop();
  });

  test('an answer without end is cut, one that is no JSON or of another shape is an error and not a guess', async () => {
    let body: string = JSON.stringify({ data: [], padding: 'x'.repeat(5_000) });
    const server = await serving((_request, response) => response.end(body));
    const kong = new KongAdmin({ url: server.url, maxResponseBytes: 1_000 });
    await expect(kong.plugins()).rejects.toMatchObject({ code: 'answer-too-large' });
    body = '<html>hello</html>';
    await expect(kong.plugins()).rejects.toMatchObject({ code: 'bad-answer' });
    body = '{"data":[{"id":1}]}';
    await expect(kong.plugins()).rejects.toMatchObject({ code: 'bad-answer' });
    kong.close();
    await server.stop();
  });

  test('every page is read, and a page’s next leads to the same list only', async () => {
    const seen: (string | undefined)[] = [];
    const row = (id: string) => ({ id, name: 'key-auth', enabled: true, config: {} });
    const server = await serving(({ url }, response) => {
      seen.push(url);
      const next = seen.length === 1 ? 'http://evil.example/steal?offset=a%2Fb' : null;
      response.end(JSON.stringify({ data: [row(`p${seen.length}`)], next }));
    });
    const kong = new KongAdmin({ url: server.url });
    expect((await kong.taggedPlugins('a:b')).map(({ id }) => id)).toEqual(['p1', 'p2']);
    expect(seen).toEqual(['/plugins?tags=a%3Ab&size=1000', '/plugins?tags=a%3Ab&size=1000&offset=a%2Fb']);
    kong.close();
    await server.stop();
  });
});
