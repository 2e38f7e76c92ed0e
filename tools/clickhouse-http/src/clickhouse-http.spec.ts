import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { startClickHouseHttp, type ClickHouseHttp } from './clickhouse-http.server.ts';

const CREDENTIALS = { user: 'u', password: 'p:ä' };
const BASIC = `Basic ${Buffer.from('u:p:ä').toString('base64')}`;
const BODY_BYTES = 300_000;

let dir: string;
let server: ClickHouseHttp;
let client: ClickHouseClient;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'clickhouse-http-'));
  server = await startClickHouseHttp({
    ...{ dir, host: '127.0.0.1', port: 0, credentials: CREDENTIALS },
    limits: { running: 4, waiting: 4, bodyBytes: BODY_BYTES, sessions: 2 },
  });
  client = createClient({
    url: server.url,
    username: CREDENTIALS.user,
    password: CREDENTIALS.password,
    log: { level: ClickHouseLogLevel.OFF },
  });
  await client.command({ query: 'CREATE DATABASE d' });
  await client.command({
    query:
      'CREATE TABLE d.t (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
  });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
}

const ask = (path: string, body: string | Buffer = '', more: Record<string, string> = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: BASIC, ...more };
    const method = more['method'] ?? 'POST';
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() });
      });
    });
    sent.on('error', reject);
    // A text would be joined to the head, and the head's bytes be changed with it.
    sent.end(Buffer.from(body));
  });

const one = async (sql: string, more: object = {}): Promise<unknown> =>
  (await (await client.query({ query: sql, format: 'JSONCompactEachRow', ...more })).json())[0];

describe('who asks', () => {
  it.each([
    ['nobody', {}, '', 401, '194'],
    ['a wrong password', { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` }, '', 403, '516'],
    ['a wrong user', { 'x-clickhouse-user': 'v', 'x-clickhouse-key': 'p:ä' }, '', 403, '516'],
    ['a wrong password in the address', {}, 'user=u&password=x', 403, '516'],
  ])('%s is refused as ClickHouse does, and nothing is run', async (_who, headers, query, status, code) => {
    const reply = await ask(`/?${query}`, 'SELECT 1', { authorization: '', ...headers });
    expect([reply.status, reply.headers['x-clickhouse-exception-code']]).toEqual([status, code]);
    expect(reply.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: .* \\([A-Z_]+\\) \\(version [\\d.]+\\)\\n$`),
    );
  });

  it.each([
    ['basic authentication', {}, ''],
    [
      'headers',
      {
        authorization: '',
        'x-clickhouse-user': 'u',
        'x-clickhouse-key': Buffer.from('p:ä', 'utf8').toString('latin1'),
      },
      '',
    ],
    ['the address', { authorization: '' }, `user=u&password=${encodeURIComponent('p:ä')}`],
  ])('is told by %s', async (_how, headers, query) => {
    const status = (await ask(`/?${query}`, 'SELECT 1', headers)).status;
    expect(status).toBe(200);
  });

  it('may ping without', async () => {
    const reply = await ask('/ping', '', { authorization: '', method: 'GET' });
    expect([reply.status, reply.text]).toEqual([200, 'Ok.\n']);
    expect((await ask('/nowhere')).status).toBe(404);
  });
});

describe('a statement', () => {
  it('has its parameters bound by the engine, whatever is in them, in the address and in a form', async () => {
    const texts = ["'; DROP TABLE d.t; --", 'tab\tline\nback\\slash', '{x:UInt8}', '😀', ''];
    for (const size of [1, 200]) {
      const values = Array.from({ length: size }, () => texts).flat();
      expect(
        await one('SELECT {v:Array(String)}, {n:Int64}, {s:String}', {
          query_params: { v: values, n: -5, s: texts[1] },
          use_multipart_params_auto: true,
        }),
      ).toEqual([values, expect.anything(), texts[1]]);
    }
    await expect(one('SELECT {absent:String}')).rejects.toMatchObject({ code: '456' });
  });

  it('leaves neither settings, parameters nor database to the next', async () => {
    expect(
      await one("SELECT getSetting('max_threads'), currentDatabase(), {x:String}", {
        clickhouse_settings: { max_threads: 3 },
        query_params: { x: 'mine' },
      }),
    ).toEqual([expect.anything(), 'default', 'mine']);
    const left = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        ask(
          `/?database=d&max_block_size=${1000 + i}&param_x=${i}`,
          "SELECT getSetting('max_block_size'), currentDatabase(), {x:String}",
        ),
      ),
    );
    left.forEach((reply, i) => expect(reply.text).toBe(`${1000 + i}\td\t${i}\n`));
    await expect(one('SELECT {x:String}')).rejects.toMatchObject({ code: '456' });
    expect((await ask('/', 'SELECT count() FROM t')).status).toBe(404);
  });

  it.each([
    ['SELECT', 400, '62'],
    ['SELECT * FROM d.nope', 404, '60'],
    ["SELECT throwIf(1, 'no')", 500, '395'],
    ["SELECT toUInt8('x')", 400, '6'],
    ['', 400, '62'],
    ['SELECT sleep(3) SETTINGS max_execution_time = 1', 408, '159'],
    ["CREATE TABLE d.r (a UInt8) ENGINE = ReplicatedMergeTree('/r', 'r') ORDER BY a", 500, '225'],
    ['CREATE TABLE d.r ON CLUSTER c (a UInt8) ENGINE = MergeTree ORDER BY a', 500, '701'],
  ])('%j fails with status %i and code %s', async (sql, status, code) => {
    const reply = await ask('/', sql);
    expect([reply.status, reply.headers['x-clickhouse-exception-code']]).toEqual([status, code]);
  });

  it('of a GET cannot change anything', async () => {
    const drop = await ask(`/?query=${encodeURIComponent('DROP TABLE d.t')}`, '', { method: 'GET' });
    expect([drop.status, drop.headers['x-clickhouse-exception-code']]).toEqual([500, '164']);
    expect((await ask('/?query=SELECT+1', '', { method: 'GET' })).text).toBe('1\n');
  });

  it('is known by its id, one at a time', async () => {
    const slow = ask('/?query_id=same', 'SELECT sleep(1)');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await ask('/?query_id=same', 'SELECT 1')).text).toContain('Code: 216.');
    expect((await slow).headers['x-clickhouse-query-id']).toBe('same');
    expect((await ask('/?query_id=a%0Ab', 'SELECT 1')).status).toBe(400);
  });

  it('beyond those that run and wait is refused as too many', async () => {
    const replies = await Promise.all(Array.from({ length: 14 }, () => ask('/', 'SELECT sleep(0.3)')));
    const refused = replies.filter((reply) => reply.status !== 200);
    expect(refused.length).toBeGreaterThanOrEqual(6);
    for (const reply of refused) expect(reply.text).toContain('Code: 202.');
    expect((await ask('/', 'SELECT 1')).text).toBe('1\n');
  });
});

describe('rows', () => {
  it('are sent as they are made; a failure in the middle reaches the client as an error', async () => {
    const result = await client.query({
      query: 'SELECT throwIf(number = 900000) FROM numbers(1000000)',
      format: 'JSONCompactEachRow',
    });
    let rows = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of result.stream()) rows += chunk.length;
    };
    await expect(read()).rejects.toMatchObject({ code: '395' });
    expect(rows).toBeGreaterThan(0);
  });

  it('of a reader that goes away are made no further', async () => {
    for (let i = 0; i < 8; i++) {
      const result = await client.query({ query: 'SELECT number FROM system.numbers', format: 'JSONCompactEachRow' });
      for await (const chunk of result.stream()) if (chunk.length > 0) break;
      result.close();
    }
    expect(await one('SELECT 1')).toEqual([1]);
  });

  it('are packed when both sides want it', async () => {
    const sql = 'SELECT number FROM numbers(1000) FORMAT JSONCompactEachRow';
    const packed = await ask('/?enable_http_compression=1', sql, { 'accept-encoding': 'gzip, br' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.bytes).toString()).toBe((await ask('/', sql, { 'accept-encoding': 'gzip' })).text);
  });
});

describe('an insert', () => {
  const insert = (rows: string | Buffer, token: string, more: Record<string, string> = {}): Promise<Reply> =>
    ask(
      `/?query=${encodeURIComponent('INSERT INTO d.t (a) FORMAT JSONCompactEachRow')}&insert_deduplication_token=${token}`,
      rows,
      more,
    );
  const stored = async (): Promise<unknown> => ((await one('SELECT count() FROM d.t')) as unknown[])[0];

  it('is stored once under its token, plain or packed, and tells what it wrote', async () => {
    const before = Number(await stored());
    const first = await insert('[1]\n[2]', 'a');
    expect(JSON.parse(String(first.headers['x-clickhouse-summary']))).toMatchObject({ written_rows: '2' });
    await Promise.all([insert(gzipSync('[1]\n[2]'), 'a', { 'content-encoding': 'gzip' }), insert('[1]\n[2]', 'a')]);
    expect(Number(await stored())).toBe(before + 2);
    await client.insert({ table: 'd.t', values: [{ a: 7 }], format: 'JSONEachRow' });
    await ask('/', 'INSERT INTO d.t VALUES (8), (9)');
    await ask('/', 'INSERT INTO d.t FORMAT CSV\n10\n11');
    expect(Number(await stored())).toBe(before + 7);
  });

  it('that is not whole is not run: a cut connection, a broken or an endless package, too large a body', async () => {
    const before = await stored();
    const head = `POST /?query=${encodeURIComponent('INSERT INTO d.t (a) FORMAT JSONCompactEachRow')} HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\nContent-Length: 1000\r\n\r\n`;
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(`${head}[1]\n[2]\n`, () => socket.destroy()));
      socket.once('close', () => resolve());
    });
    expect((await insert(Buffer.from('no gzip'), 'b', { 'content-encoding': 'gzip' })).status).toBe(500);
    const bomb = gzipSync(Buffer.alloc(BODY_BYTES + 1, '[1]\n'));
    expect((await insert(bomb, 'c', { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await insert('[1]\n', 'd', { 'content-encoding': 'zstd' })).text).toContain('Code: 89.');
    expect(await stored()).toBe(before);
  });

  it('with rows that cannot be read stores none of them', async () => {
    const before = await stored();
    const reply = await insert('[1]\n["x"]', 'e');
    expect([reply.status, reply.headers['x-clickhouse-exception-code']]).toEqual([400, '27']);
    expect(await stored()).toBe(before);
  });

  it('streamed by the client’s exec arrives whole', async () => {
    const before = Number(await stored());
    const { stream } = await client.exec({
      query: 'INSERT INTO d.t (a) FORMAT JSONCompactEachRow',
      values: Readable.from(Array.from({ length: 300 }, (_, i) => Buffer.from(`[${i}]\n`))),
    });
    stream.resume();
    expect(Number(await stored())).toBe(before + 300);
  });
});

describe('a named session', () => {
  it('keeps what was set in it, is one request’s at a time, and is known only once it was made', async () => {
    expect((await ask('/?session_id=s&session_check=1', 'SELECT 1')).text).toContain('Code: 372.');
    await ask('/?session_id=s', 'CREATE TEMPORARY TABLE mine (a UInt8)');
    expect((await ask('/?session_id=s&session_check=1', 'SELECT count() FROM mine')).text).toBe('0\n');
    expect((await ask('/', 'SELECT count() FROM mine')).status).toBe(404);
    const [busy, locked] = await Promise.all([
      ask('/?session_id=s', 'SELECT sleep(0.5)'),
      new Promise((resolve) => setTimeout(resolve, 150)).then(() => ask('/?session_id=s', 'SELECT 1')),
    ]);
    expect([busy.status, locked.headers['x-clickhouse-exception-code']]).toEqual([200, '373']);
    expect((await ask('/?session_id=z&session_timeout=999999', 'SELECT 1')).text).toContain('Code: 374.');
  });
});
