import { createConnection } from 'node:net';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outrider/testing/eventually';
import { eventsIn, lettersIn, startCollecting, TOKEN } from '../testing/collecting.ts';
import { GatedBus } from '../testing/gated-bus.ts';
import { aGateway, anEntry, eventOf, recordedLines } from '../testing/log-entry.ts';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const collecting of running.splice(0)) await collecting.stop();
});

const collecting = async (options: Parameters<typeof startCollecting>[1] = {}) => {
  const bus = new GatedBus();
  const started = await startCollecting(bus, options);
  running.push(started);
  return { bus, port: started.service.addresses.http ?? 0, ...started };
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    accepted?: number;
    refused?: number;
    errors?: { index: number; reason: string }[];
    status?: unknown;
  };
}

const send = (
  port: number,
  body: string | Buffer | undefined,
  options: { method?: string; path?: string; headers?: OutgoingHttpHeaders } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        method: options.method ?? 'POST',
        path: options.path ?? '/v1/logs',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...options.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: (text === '' ? {} : JSON.parse(text)) as Answer['body'],
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });

const entry = (n: number): string =>
  JSON.stringify(anEntry((e) => void (e.request['id'] = n.toString(16).padStart(32, '0'))));

describe('POST /v1/logs', () => {
  it('takes the recorded batches of a real http-log, retries included, without one dead letter', async () => {
    const { bus, port } = await collecting();
    let sent = 0;
    for (const line of recordedLines('kong-3.9.3-http-log-batched.ndjson')) {
      const { body, method } = JSON.parse(line.toString('utf8')) as { body: string; method: string };
      const parsed = JSON.parse(body) as unknown;
      sent += Array.isArray(parsed) ? parsed.length : 1;
      expect(await send(port, body, { method })).toMatchObject({ status: 200, body: { refused: 0 } });
    }
    expect(eventsIn(bus.published)).toHaveLength(sent);
    // The same batch sent again has the same event ids, so that it counts once.
    expect(new Set(eventsIn(bus.published).map((event) => event.id)).size).toBeLessThan(sent);
    expect(lettersIn(bus.published)).toEqual([]);
  });

  it.each([
    ['one object', entry(1), {}, 1],
    ['an array', `[${entry(1)},${entry(2)}]`, {}, 2],
    ['an empty array', '[]', {}, 0],
    ['NDJSON by its type', `${entry(1)}\n${entry(2)}\n`, { 'content-type': 'application/x-ndjson' }, 2],
    ['NDJSON by its looks', `${entry(1)}\n${entry(2)}`, {}, 2],
    ['no content type', entry(1), { 'content-type': '' }, 1],
    ['gzip', gzipSync(`[${entry(1)}]`), { 'content-encoding': 'gzip' }, 1],
    ['deflate', deflateSync(`[${entry(1)}]`), { 'content-encoding': 'deflate' }, 1],
    ['raw deflate', deflateRawSync(`[${entry(1)}]`), { 'content-encoding': 'deflate' }, 1],
    ['chunked', entry(1), { 'transfer-encoding': 'chunked' }, 1],
    ['Expect: 100-continue', entry(1), { expect: '100-continue' }, 1],
    ['an apikey header', entry(1), { authorization: '', apikey: TOKEN }, 1],
    ['user and password', entry(1), { authorization: `Basic ${Buffer.from(`kong:${TOKEN}`).toString('base64')}` }, 1],
  ] as [string, string | Buffer, OutgoingHttpHeaders, number][])('takes %s', async (_what, body, headers, accepted) => {
    const { bus, port } = await collecting();
    expect(await send(port, body, { headers })).toMatchObject({ status: 200, body: { accepted, refused: 0 } });
    expect(eventsIn(bus.published)).toHaveLength(accepted);
  });

  it.each(['PUT', 'PATCH'])('takes %s like POST', async (method) => {
    const { port } = await collecting();
    expect((await send(port, entry(1), { method })).status).toBe(200);
  });

  it('names the bad entries by index and keeps the good ones', async () => {
    const { bus, port } = await collecting();
    const answer = await send(port, `[${entry(1)},{"started_at":"x"},${entry(2)},7]`);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status: 400, accepted: 2, refused: 2 });
    expect(answer.body.errors).toMatchObject([
      { index: 1, reason: 'no-time' },
      { index: 3, reason: 'not-an-object' },
    ]);
    expect(eventsIn(bus.published)).toHaveLength(2);
  });

  it('a bad batch that is retried makes its dead letters once', async () => {
    const { bus, port, stop } = await collecting();
    for (let i = 0; i < 4; i++) expect((await send(port, `[${entry(1)},{"bad":1}]`)).status).toBe(400);
    await stop();
    expect(lettersIn(bus.published)).toMatchObject([{ reason: 'no-time', transport: 'http' }]);
  });

  it('answers 200 only when the bus has the events, and 503 when it has not', async () => {
    const { bus, port } = await collecting();
    bus.mode = 'hanging';
    let answered = false;
    const answer = send(port, entry(1)).then((it) => {
      answered = true;
      return it;
    });
    await eventually(() => bus.attempts === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    bus.release();
    expect((await answer).status).toBe(200);
    bus.mode = 'refusing';
    const refused = await send(port, entry(2));
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
  });

  it('the token names the gateway', async () => {
    const { bus, port } = await collecting({
      gateways: [
        aGateway({ ingestToken: TOKEN }),
        aGateway({ id: 'edge', ingestToken: 'another-token-of-edge' }),
        aGateway({ id: 'silent' }),
      ],
    });
    await send(port, entry(1), { headers: { authorization: 'Bearer another-token-of-edge' } });
    expect(eventsIn(bus.published)[0]?.gateway).toBe('edge');
  });

  it.each([
    ['no token', 401, { authorization: '' }, {}],
    ['a wrong token', 401, { authorization: 'Bearer wrong-token-wrong-token' }, {}],
    ['an empty bearer', 401, { authorization: 'Bearer ' }, {}],
    ['another path', 404, {}, { path: '/v2/logs' }],
    ['GET', 405, {}, { method: 'GET' }],
    ['form data', 415, { 'content-type': 'application/x-www-form-urlencoded' }, {}],
    ['brotli', 415, { 'content-encoding': 'br' }, {}],
    ['damaged gzip', 400, { 'content-encoding': 'gzip' }, {}],
  ] as [string, number, OutgoingHttpHeaders, { path?: string; method?: string }][])(
    '%s is %i',
    async (_what, status, headers, options) => {
      const { bus, port } = await collecting();
      const answer = await send(port, entry(1), { headers, ...options });
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(eventsIn(bus.published)).toEqual([]);
    },
  );

  it('no length at all is 411', async () => {
    const { port } = await collecting();
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.write(`POST /v1/logs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    const answer = await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
    expect(answer).toMatch(/^HTTP\/1.1 411 /);
    socket.destroy();
  });

  it('bodies over the bound are 413: announced, streamed, inflated, or of too many entries', async () => {
    const { bus, port } = await collecting({
      limits: { bodyBytes: 20_000, inflatedBytes: 100_000, requestEntries: 5_000 },
    });
    const large = JSON.stringify([entry(1).repeat(20)]);
    expect((await send(port, large)).status).toBe(413);
    expect((await send(port, large, { headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413);
    expect((await send(port, large, { headers: { expect: '100-continue' } })).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(10_000_000, 32));
    expect(bomb.length).toBeLessThan(20_000);
    expect((await send(port, bomb, { headers: { 'content-encoding': 'gzip' } })).status).toBe(413);
    expect((await send(port, '1,'.repeat(9_000))).status).not.toBe(200);
    expect((await send(port, `[${'1,'.repeat(9_000)}1]`)).status).toBe(413);
    expect(eventsIn(bus.published)).toEqual([]);
  });

  it('refuses under pressure with Retry-After: 503 when the bus is behind, 429 when one gateway asks for too much at once', async () => {
    const { bus, port, service } = await collecting({
      limits: { highBytes: 1_000, lowBytes: 500, requestsPerGateway: 2 },
    });
    bus.mode = 'hanging';
    const small = '{"started_at":1795366652017,"request":{}}';
    const [a, b] = [send(port, small), send(port, small)];
    await eventually(() => service.status()[0]?.entries === 2);
    const third = await send(port, small);
    expect([third.status, third.headers['retry-after']]).toEqual([429, '1']);
    service.publisher.accept(Array.from({ length: 10 }, () => eventOf(anEntry())));
    const fourth = await send(port, small);
    expect([fourth.status, fourth.headers['retry-after']]).toEqual([503, '2']);
    bus.release();
    expect((await a).status).toBe(200);
    expect((await b).status).toBe(200);
    await eventually(() => !service.publisher.isFull);
    expect((await send(port, small)).status).toBe(200);
  });

  it('a sender that never finishes is cut off and leaves nothing behind', async () => {
    const { bus, port } = await collecting({ limits: { requestMs: 200, headersMs: 200 } });
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(
      `POST /v1/logs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 5000\r\n\r\n[${entry(1)},`,
    );
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(eventsIn(bus.published)).toEqual([]);
    expect((await send(port, entry(2))).status).toBe(200);
  });

  it('GET /healthz needs no token', async () => {
    const { port } = await collecting();
    expect(
      await send(port, undefined, { method: 'GET', path: '/healthz', headers: { authorization: '' } }),
    ).toMatchObject({ status: 200 });
  });
});
