import { createServer } from 'node:net';
import { isObject, objectAt, stringAt, type Json, type JsonObject } from './json.ts';
import { startKongSim, type KongSim } from './kong-sim.ts';
import { startLabUpstream, type LabUpstream } from './testing/lab-upstream.ts';
import { listenAnywhere, startLineCollector, type LineCollector } from './testing/line-collector.ts';
import { abandonBytes, exchangeBytes } from './testing/raw-client.ts';
import { comparable, recordedCases, recordedSetUp, type RecordedCase } from './testing/recorded-log.ts';

/** Cases that cannot be produced here. */
const NOT_PRODUCED: Readonly<Record<string, string>> = {
  ok_https_h1: 'no TLS listener',
  ok_https_h2: 'no TLS listener',
  plain_http_to_tls_port: 'no TLS listener',
  grpc_ok: 'no gRPC',
  grpc_permission_denied: 'no gRPC',
  tcp_stream: 'no stream listener',
  tcp_stream_tls: 'no stream listener',
  tcp_stream_tls_no_route: 'no stream listener',
  '405_no_route_method': 'the HTTP parser refuses methods that it does not know',
  query_unicode_raw_bytes: 'the HTTP parser refuses a request line that is not ASCII',
  query_invalid_utf8_raw: 'the HTTP parser refuses a request line that is not ASCII',
  bad_header_name: 'the HTTP parser keeps nothing of a request that it refuses',
  headers_130: 'which hundred of the headers Kong keeps has no order',
};

const TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJpc3MtYWxpY2UifQ.cHmn6MENcHJ4iG23Pr0W7a_eGpF2YUuaAwW0EMEDFuc';

/** The log shows only that there was a credential; this is what it was. */
const AUTHORIZATION: Readonly<Record<string, string>> = {
  ok_basic_auth: 'Basic YWxpY2U6cHc=',
  '401_basic_bad_password': 'Basic YWxpY2U6d3Jvbmc=',
  ok_jwt_header: `Bearer ${TOKEN}`,
  '401_jwt_bad_signature': `Bearer ${TOKEN.slice(0, -3)}AAA`,
};

/** Requests that cannot be read back from their log entry. */
const REQUESTS: Readonly<Record<string, string>> = {
  uri_too_long: `GET /open/${'x'.repeat(9_000)} HTTP/1.1\r\nhost: api.lab.test\r\nconnection: close\r\n\r\n`,
  header_too_big_9k: `GET /open/h HTTP/1.1\r\nhost: api.lab.test\r\nx-big: ${'x'.repeat(9_000)}\r\nconnection: close\r\n\r\n`,
  bad_request_line: 'this is not http\r\n\r\n',
  http10_no_host: 'GET /open/x HTTP/1.0\r\n\r\n',
};

/** Where the request's own size is not comparable, because the recorded request is not known or was not read whole. */
const OTHER_SIZE = ['header_too_big_9k'];

const ADDED_BY_KONG = /^x-(consumer-(id|username|custom-id|groups)|credential-identifier|anonymous-consumer)$/;

describe('a log entry has the fields, types and values of the one that Kong 3.9.3 wrote', () => {
  let sim: KongSim;
  let upstream: LabUpstream;
  let collector: LineCollector;
  let nextId: string | undefined;
  let proxyPort: number;

  beforeAll(async () => {
    upstream = await startLabUpstream();
    collector = await startLineCollector();
    let fallback = 0;
    sim = await startKongSim({
      propagationMs: 0,
      upstream: 'http://127.0.0.1:9',
      // One instant for all, so that no window of the rate limit ends between two requests.
      sources: {
        now: () => 1_795_366_663_102,
        generateId: () => nextId ?? `00000000-0000-4000-9000-${String(++fallback).padStart(12, '0')}`,
      },
    });
    proxyPort = Number(new URL(sim.proxyUrl).port);
    for (const { path, requestBody, id } of recordedSetUp()) {
      nextId = id;
      await admin('POST', path, requestBody);
    }
    nextId = undefined;
    for (const service of ['svc', 'svc-slow']) await admin('PATCH', `/services/${service}`, { port: upstream.port });
    await admin('PATCH', '/services/svc-dead', { port: await closedPort() });
    await admin('PATCH', '/plugins/apisec-log', { config: { port: collector.port } });
  });

  afterAll(async () => {
    await sim.stop();
    await Promise.all([upstream.stop(), collector.stop()]);
  });

  const admin = async (method: string, path: string, body: JsonObject): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${sim.adminUrl}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  };

  test.each(recordedCases().filter(({ name }) => !(name in NOT_PRODUCED)))('$name', async (recorded) => {
    await beforeCase(recorded.name);
    const first = collector.lines.length;
    for (const entry of recorded.entries) await send(recorded, entry);
    await collector.received(first + recorded.entries.length);
    for (const [at, expected] of recorded.entries.entries()) {
      const ours = comparable(JSON.parse(collector.lines[first + at] ?? '{}') as JsonObject);
      const theirs = comparable(expected);
      if (OTHER_SIZE.includes(recorded.name)) ours['request.size'] = theirs['request.size'] ?? null;
      expect(ours).toEqual(theirs);
    }
  });

  test('leaves out no more than the listed cases', () => {
    expect(recordedCases()).toHaveLength(73);
    expect(recordedCases().filter(({ name }) => name in NOT_PRODUCED)).toHaveLength(13);
  });

  test('prints a try’s start in nanoseconds with an exponent, as Lua does', async () => {
    const before = collector.lines.length;
    await exchangeBytes(proxyPort, 'GET /open/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await collector.received(before + 1);
    expect(collector.lines.at(-1)).toContain('"balancer_start_ns":1.795366663102e+18,');
  });

  const beforeCase = async (name: string): Promise<void> => {
    if (name === '429_rate_limiting') {
      // The recorded gateway had answered one request of this minute before.
      const before = collector.lines.length;
      await fetch(`${sim.proxyUrl}/rl/x`, { headers: { apikey: 'bob-key' } });
      await collector.received(before + 1);
    }
    if (name === '403_request_termination_consumer')
      await admin('POST', '/consumers/bob/plugins', {
        name: 'request-termination',
        config: { status_code: 403, message: 'Blocked by security policy' },
      });
  };

  const send = async ({ name }: RecordedCase, entry: JsonObject): Promise<void> => {
    const bytes = REQUESTS[name] ?? requestOf(name, entry);
    if (name === 'client_abort_499') return abandonBytes(proxyPort, bytes, upstream.arrival('/delay/800'));
    await exchangeBytes(proxyPort, bytes);
  };
});

/** The request that led to an entry: what the log shows, without what Kong added. */
const requestOf = (name: string, entry: JsonObject): string => {
  const request = objectAt(entry, 'request');
  const lines = Object.entries(objectAt(request, 'headers') ?? {}).flatMap(([header, value]) => {
    if (ADDED_BY_KONG.test(header)) return [];
    const values: Json[] = Array.isArray(value)
      ? value
      : [header === 'authorization' ? (AUTHORIZATION[name] ?? '') : value];
    return values.map((one) => `${header}: ${String(one)}\r\n`);
  });
  return `${stringAt(request, 'method') ?? ''} ${stringAt(request, 'uri') ?? ''} HTTP/1.1\r\n${lines.join('')}\r\n${bodyOf(name, request)}`;
};

const bodyOf = (name: string, request: JsonObject | undefined): string => {
  // This client announced a body that it never sent.
  if (name === '413_request_size_limiting') return '';
  const headers = objectAt(request, 'headers');
  if (!isObject(headers)) return '';
  if (headers['transfer-encoding'] === 'chunked') return '5\r\nhello\r\n0\r\n\r\n';
  return 'x'.repeat(Number(headers['content-length'] ?? 0));
};

const closedPort = async (): Promise<number> => {
  const server = createServer();
  const port = await listenAnywhere(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
};
