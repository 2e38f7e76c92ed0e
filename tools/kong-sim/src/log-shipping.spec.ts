import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isObject, type Json, type JsonObject } from './json.ts';
import { startGateway, type Gateway } from './testing/gateway.ts';
import { listenAnywhere, startLineCollector, type LineCollector } from './testing/line-collector.ts';
import { selfSigned } from './testing/self-signed.ts';

const ROUTES = [
  { name: 'a', paths: ['/a'], service: 'svc' },
  { name: 'b', paths: ['/b'], service: 'svc', plugins: [{ name: 'key-auth' }] },
];
const ALICE = { username: 'alice', keyauth_credentials: [{ key: 'alice-key' }] };

const uris = (collector: LineCollector): string[] =>
  collector.lines.map((line) => String((JSON.parse(line) as { request: { uri: string } }).request.uri));

describe('tcp-log', () => {
  let gateway: Gateway;
  let collector: LineCollector;

  beforeEach(async () => {
    gateway = await startGateway({ routes: ROUTES, consumers: [ALICE] });
    collector = await startLineCollector();
  });

  afterEach(async () => {
    await gateway.stop();
    await collector.stop();
  });

  const tcpLog = (path: string, port: number, more: JsonObject = {}) =>
    gateway.admin('POST', path, { name: 'tcp-log', config: { host: '127.0.0.1', port, ...more } });

  test('sends entry after entry over one connection', async () => {
    await tcpLog('/plugins', collector.port);
    for (let at = 0; at < 5; at++) {
      await gateway.get(`/a/${at}`);
      await gateway.sim.flushLogs();
    }
    await collector.received(5);
    expect(uris(collector)).toEqual(['/a/0', '/a/1', '/a/2', '/a/3', '/a/4']);
    expect(collector.connections()).toBe(1);
  });

  test('drops and counts what it cannot send, and the client sees nothing of it', async () => {
    await tcpLog('/plugins', collector.port);
    await collector.stop();
    expect((await gateway.get('/a')).status).toBe(200);
    await gateway.sim.flushLogs();
    expect(gateway.sim.logCounts.tcp).toEqual({ sent: 0, dropped: 1 });
  });

  test('speaks TLS without asking who the collector is', async () => {
    const secure = await startLineCollector(selfSigned());
    await tcpLog('/plugins', secure.port, { tls: true, tls_sni: 'elsewhere.test' });
    await gateway.get('/a/tls');
    await secure.received(1);
    expect(uris(secure)).toEqual(['/a/tls']);
    await secure.stop();
  });

  test('of a route replaces the global one there, and never sees what matched no route', async () => {
    const narrow = await startLineCollector();
    await tcpLog('/plugins', collector.port);
    await tcpLog('/routes/a/plugins', narrow.port);
    for (const path of ['/a', '/b', '/nowhere']) await gateway.get(path);
    await collector.received(2);
    await narrow.received(1);
    expect(uris(collector)).toEqual(['/b', '/nowhere']);
    expect(uris(narrow)).toEqual(['/a']);
    await narrow.stop();
  });

  test('of a consumer sees only what that consumer did, not its refused attempts', async () => {
    await tcpLog('/consumers/alice/plugins', collector.port);
    await gateway.get('/b/refused', { apikey: 'wrong' });
    await gateway.get('/b/accepted', { apikey: 'alice-key' });
    await collector.received(1);
    await gateway.sim.flushLogs();
    expect(uris(collector)).toEqual(['/b/accepted']);
  });

  test('removes a field whose custom code returns nil', async () => {
    await tcpLog('/plugins', collector.port, {
      custom_fields_by_lua: { 'request.headers.apikey': 'return nil', zone: 'return "eu"' },
    });
    await gateway.get('/b', { apikey: 'alice-key' });
    await collector.received(1);
    const entry = JSON.parse(collector.lines[0] ?? '') as { zone: string; request: { headers: object } };
    expect(entry.request.headers).not.toHaveProperty('apikey');
    expect(entry.zone).toBe('eu');
  });
});

describe('http-log', () => {
  interface Delivery {
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: Json;
  }
  let gateway: Gateway;
  let server: Server;
  let port: number;
  let deliveries: Delivery[];
  let statuses: number[];

  beforeEach(async () => {
    [deliveries, statuses] = [[], []];
    gateway = await startGateway({ routes: ROUTES });
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        deliveries.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Json });
        response.writeHead(statuses.shift() ?? 200).end();
      });
    });
    port = await listenAnywhere(server);
  });

  afterEach(async () => {
    await gateway.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const httpLog = (config: JsonObject, path = `http://127.0.0.1:${port}/in`) =>
    gateway.admin('POST', '/plugins', { name: 'http-log', config: { http_endpoint: path, ...config } });

  test('sends one object by default, with the configured headers', async () => {
    await httpLog({ headers: { apikey: 'collector-key' } });
    await gateway.get('/a');
    await gateway.sim.flushLogs();
    const [first] = deliveries;
    expect(isObject(first?.body)).toBe(true);
    expect(first?.headers).toMatchObject({ apikey: 'collector-key', 'content-type': 'application/json' });
    expect(first?.headers['content-length']).toBeDefined();
  });

  test('sends an array when batches are allowed, even of one, and never more than the batch size', async () => {
    await httpLog({ queue: { max_batch_size: 3, max_coalescing_delay: 3600 } });
    for (let at = 0; at < 4; at++) await gateway.get(`/a/${at}`);
    await gateway.sim.flushLogs();
    expect(deliveries.map(({ body }) => (Array.isArray(body) ? body.length : 'object'))).toEqual([3, 1]);
  });

  test('repeats the same batch until it is accepted', async () => {
    statuses = [503, 302];
    await httpLog({ queue: { initial_retry_delay: 0.001 } });
    await gateway.get('/a/again');
    await gateway.sim.flushLogs();
    expect(deliveries).toHaveLength(3);
    expect(deliveries[1]?.body).toEqual(deliveries[0]?.body);
    expect(gateway.sim.logCounts.http).toEqual({ sent: 1, dropped: 0, retried: 2 });
  });

  test('gives a batch up when its time for retries is over', async () => {
    statuses = [500, 500];
    await httpLog({ queue: { max_retry_time: 0 } });
    await gateway.get('/a');
    await gateway.sim.flushLogs();
    expect(gateway.sim.logCounts.http).toEqual({ sent: 0, dropped: 1, retried: 0 });
  });

  test('turns user information into basic authentication and leaves the query out', async () => {
    await httpLog({}, `http://user:pw@127.0.0.1:${port}/in?token=x`);
    await gateway.get('/a');
    await gateway.sim.flushLogs();
    expect(deliveries[0]?.url).toBe('/in');
    expect(deliveries[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:pw').toString('base64')}`);
  });
});
