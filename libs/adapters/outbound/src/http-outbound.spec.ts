import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { TransientError } from '@outrider/platform/errors';
import { Metrics } from '@outrider/platform/metrics';
import type { OutboundRequest, OutboundResponse } from '@outrider/ports/outbound-http';
import { HttpOutbound, type OutboundSettings } from './http-outbound.ts';

const request = (overrides: Partial<OutboundRequest>): OutboundRequest => ({
  url: 'http://hook.example/',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  allowPrivateAddress: false,
  timeoutMs: 5_000,
  ...overrides,
});

describe('HttpOutbound', () => {
  const servers: (Server | TcpServer)[] = [];
  const sockets: Socket[] = [];
  let hits = 0;

  const listening = async (server: Server | TcpServer): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      hits += 1;
      sockets.push(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const serve = (listener: RequestListener): Promise<number> => listening(createHttp(listener));
  const outbound = (settings: OutboundSettings = {}): HttpOutbound => new HttpOutbound(new Metrics(), settings);
  const post = (overrides: Partial<OutboundRequest>, settings?: OutboundSettings): Promise<OutboundResponse> =>
    outbound(settings).post(request(overrides));
  const resolvesTo = (...addresses: string[]): OutboundSettings => ({
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  });

  afterEach(async () => {
    hits = 0;
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  test('posts the body with its headers and gives status and excerpt', async () => {
    let got:
      | { readonly method: string | undefined; readonly headers: IncomingMessage['headers']; readonly body: string }
      | undefined;
    const port = await serve((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        got = { method: incoming.method, headers: incoming.headers, body };
        response.writeHead(202).end('thanks\u0000\u001b[31m');
      });
    });
    const answer = await post({
      url: `http://127.0.0.1:${port}/hook?x=1`,
      allowPrivateAddress: true,
      headers: { 'webhook-id': 'msg_1', 'Content-Length': '999', Host: 'elsewhere', 'Transfer-Encoding': 'chunked' },
    });
    expect(answer).toEqual({ status: 202, excerpt: 'thanks  [31m' });
    expect(got).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { 'webhook-id': 'msg_1', 'content-length': '7', host: `127.0.0.1:${port}` },
    });
  });

  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '0',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '168.63.129.16',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[fe80::1]',
    '[fd00::1]',
    '[fc00::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
    '[2002:c0a8:101::1]',
    '[2001::1]',
    '[fd00:ec2::254]',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '１２７.0.0.1',
  ])('refuses http://%s/ without a connection', async (host) => {
    const port = await serve((_, response) => response.end());
    await expect(post({ url: `http://${host}:${port}/` })).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'private-address',
    });
    expect(hits).toBe(0);
  });

  test('refuses a URL of absurd length', async () => {
    await expect(post({ url: `http://hook.example/${'a'.repeat(3_000)}` })).rejects.toMatchObject({ code: 'bad-url' });
  });

  test.each([
    'ftp://hook.example/',
    'file:///etc/passwd',
    'gopher://hook.example/',
    'javascript:alert(1)',
    'hook.example',
    '',
    'http://',
    'http://user:secret@hook.example/',
    'http://secret@hook.example/',
    'http://[::1',
    'http://999.1.1.1/',
  ])('refuses %s as a URL, without repeating what it holds', async (url) => {
    const refusal: unknown = await post({ url, allowPrivateAddress: true }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'PermanentError', code: 'bad-url' });
    expect(String(refusal)).not.toContain('secret');
  });

  test('refuses a name with one private address among its addresses', async () => {
    await expect(post({}, resolvesTo('93.184.216.34', '10.1.2.3'))).rejects.toMatchObject({ code: 'private-address' });
    await expect(post({}, resolvesTo('2606:2800:220:1::1', '::ffff:10.1.2.3'))).rejects.toMatchObject({
      code: 'private-address',
    });
  });

  test('connects to the address that was checked: the name is resolved once', async () => {
    const port = await serve((incoming, response) => response.end(incoming.headers.host));
    let calls = 0;
    const answer = await post(
      { url: `http://hook.example:${port}/`, allowPrivateAddress: true },
      {
        resolve: async () => {
          calls += 1;
          return [{ address: calls === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
        },
      },
    );
    expect(answer).toEqual({ status: 200, excerpt: `hook.example:${port}` });
    expect(calls).toBe(1);
  });

  test.each([
    ['7', 7_000],
    ['soon', undefined],
    ['-1', undefined],
  ])('passes on how long a busy receiver asks to be left alone: Retry-After %s', async (value, expected) => {
    const port = await serve((_, response) => response.writeHead(503, { 'retry-after': value }).end());
    const answer = await post({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true });
    expect(answer.retryAfterMs).toBe(expected);
  });

  test('follows no redirect', async () => {
    const target = await serve((_, response) => response.end('reached'));
    hits = 0;
    const port = await serve((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${target}/` }).end('moved'),
    );
    expect(await post({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true })).toEqual({
      status: 307,
      excerpt: 'moved',
    });
    expect(hits).toBe(1);
  });

  test('cuts an endless answer and keeps its first KiB', async () => {
    let ended = false;
    const port = await serve((_, response) => {
      response.on('close', () => (ended = true));
      const more = (): void => {
        while (!ended && response.write('x'.repeat(16_384)));
        if (!ended) response.once('drain', more);
      };
      more();
    });
    const answer = await post({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true });
    expect(answer).toEqual({ status: 200, excerpt: 'x'.repeat(1_024) });
  });

  test('gives up an answer that drips, a server that says nothing, and one that never accepts TLS', async () => {
    const drip = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const silent = await listening(createTcp(() => undefined));
    for (const port of [drip, silent])
      await expect(
        post({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true, timeoutMs: 150 }),
      ).rejects.toMatchObject({
        name: 'TransientError',
        code: 'timeout',
      });
    await expect(
      post({ url: `https://127.0.0.1:${silent}/`, allowPrivateAddress: true }, { connectTimeoutMs: 100 }),
    ).rejects.toMatchObject({ name: 'TransientError', code: 'connect-timeout' });
  });

  test('counts a name that takes too long to resolve as no connection', async () => {
    const never = new Promise<never>(() => undefined);
    await expect(post({}, { connectTimeoutMs: 50, resolve: () => never })).rejects.toMatchObject({
      code: 'connect-timeout',
    });
  });

  test.each([
    ['nobody listens', 'http', 0],
    ['a plain server is asked for TLS', 'https', 1],
  ])('calls it passing when %s', async (_, scheme, alive) => {
    const server = createHttp((_incoming, response) => response.end());
    const port = await listening(server);
    if (alive === 0) await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    const url = `${scheme}://127.0.0.1:${port}/`;
    await expect(post({ url, allowPrivateAddress: true })).rejects.toMatchObject({ name: 'TransientError' });
  });

  test('calls it passing when the name is unknown or the answer is no HTTP', async () => {
    const unknown = { resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) };
    await expect(post({}, unknown)).rejects.toMatchObject({ name: 'TransientError', code: 'dns' });
    const port = await listening(createTcp((socket) => socket.end('SSH-2.0-nothing\r\n\r\n')));
    await expect(post({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true })).rejects.toMatchObject({
      name: 'TransientError',
    });
  });

  test('refuses a body over the bound and a header that would break the request', async () => {
    await expect(post({ body: 'x'.repeat(1024 * 1024 + 1), allowPrivateAddress: true })).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'too-large',
    });
    await expect(post({ headers: { 'x-a': 'b\r\nhost: c' } }, resolvesTo('93.184.216.34'))).rejects.toMatchObject({
      name: 'PermanentError',
    });
  });

  test('lets no more requests out than the bound', async () => {
    const port = await listening(createTcp(() => undefined));
    const busy = outbound({ maxConcurrent: 1 });
    const first = busy
      .post(request({ url: `http://127.0.0.1:${port}/`, allowPrivateAddress: true, timeoutMs: 300 }))
      .catch((error: unknown) => error);
    await expect(busy.post(request({ allowPrivateAddress: true }))).rejects.toMatchObject({
      name: 'TransientError',
      code: 'busy',
    });
    expect(await first).toMatchObject({ code: 'timeout' });
  });

  describe('download', () => {
    const download = (url: string, maxBytes = 1_000, headers = {}) =>
      outbound().download({ url, headers, allowPrivateAddress: true, timeoutMs: 5_000, maxBytes });

    test('gives a whole body with its tags, and none for another status', async () => {
      const port = await serve((incoming, response) => {
        const same = incoming.headers['if-none-match'] === '"v1"';
        response.writeHead(same ? 304 : 200, { etag: '"v1"', 'last-modified': 'Mon, 01 Jun 2026 00:00:00 GMT' });
        response.end(same ? undefined : `${incoming.method} list`);
      });
      const first = await download(`http://127.0.0.1:${port}/list`);
      expect({ ...first, body: first.body.toString() }).toEqual({
        status: 200,
        body: 'GET list',
        etag: '"v1"',
        lastModified: 'Mon, 01 Jun 2026 00:00:00 GMT',
      });
      const again = await download(`http://127.0.0.1:${port}/list`, 1_000, { 'if-none-match': '"v1"' });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    });

    test('refuses a body over the bound, one that breaks off, a redirect to elsewhere, and a private address', async () => {
      const port = await serve((incoming, response) => {
        if (incoming.url === '/moved') return void response.writeHead(302, { location: '/list' }).end('moved');
        response.writeHead(200, incoming.url === '/broken' ? { 'content-length': 5_000 } : {});
        response.write('x'.repeat(2_000));
        if (incoming.url === '/broken') setImmediate(() => response.destroy());
        else response.end();
      });
      await expect(download(`http://127.0.0.1:${port}/list`)).rejects.toMatchObject({ code: 'too-large' });
      await expect(download(`http://127.0.0.1:${port}/broken`, 10_000)).rejects.toBeInstanceOf(TransientError);
      expect(await download(`http://127.0.0.1:${port}/moved`)).toMatchObject({ status: 302, body: Buffer.alloc(0) });
      const url = `http://127.0.0.1:${port}/list`;
      await expect(
        outbound().download({ url, headers: {}, allowPrivateAddress: false, timeoutMs: 5_000, maxBytes: 10_000 }),
      ).rejects.toMatchObject({ code: 'private-address' });
    });
  });
});
