import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { createConnection, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { startEmbeddedPostgres } from '@outrider/postgres/embedded/embedded-postgres';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';

/** A JWT and keys as real ones look; none of these strings, nor a telling part of them, may be found anywhere afterwards. */
const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJpc3MtYWxpY2UiLCJzdWIiOiI0MiJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const SECRETS = {
  apiKeyHeader: 'hdr-9f8e7d6c5b4a39281706f5e4d3c2b1a0',
  apiKeyQuery: 'qry-1a2b3c4d5e6f708192a3b4c5d6e7f809',
  customHeader: 'cst-aaaabbbbccccdddd1111222233334444',
  cookie: 'sess-5566778899aabbccddeeff0011223344',
  setCookie: 'set-cookie-0123456789abcdef01234567',
  basicPassword: 'pw-hunter2hunter2hunter2',
  bearer: 'bearer-zyxwvutsrqponmlkjihgfedcba98',
  refererToken: 'ref-token-31415926535897932384626',
  password: 'Pa55phrase-in-a-query',
  jwtPayload: 'eyJpc3MiOiJpc3MtYWxpY2UiLCJzdWIiOiI0MiJ9',
  garbage: 'grb-00112233445566778899aabbccddeeff',
};

const entry = (n: number): object => {
  const query = { apikey: SECRETS.apiKeyQuery, jwt: JWT, password: SECRETS.password, page: '2' };
  const search = Object.entries(query)
    .map(([k, v]) => `${k}=${v}`)
    .join('&');
  return {
    started_at: Date.now() - 30_000 + n * 10,
    source: 'kong',
    upstream_status: '',
    upstream_uri: `/orders?${search}`,
    client_ip: '198.51.100.99',
    latencies: { request: 2, kong: 1, proxy: -1 },
    request: {
      id: `${n}`.padStart(32, 'a'),
      method: 'GET',
      uri: `/api/orders/${JWT}?${search}`,
      url: `https://alice:${SECRETS.basicPassword}@api.test:8443/api/orders/${JWT}?${search}`,
      querystring: query,
      size: 400,
      headers: {
        host: 'api.test',
        apikey: `${SECRETS.apiKeyHeader}${n}`,
        'x-shop-key': `${SECRETS.customHeader}${n}`,
        authorization: [`Bearer ${SECRETS.bearer}${n}`, 'x'],
        cookie: [`session=${SECRETS.cookie}`, 'a=b'],
        referer: `https://app.test/cb?access_token=${SECRETS.refererToken}`,
        'user-agent': `client/1.0 (${JWT})`,
      },
    },
    response: {
      status: 401,
      size: 200,
      headers: { 'set-cookie': `sid=${SECRETS.setCookie}`, 'content-type': 'application/json' },
    },
    tries: [],
  };
};

describe('secrets in log entries', () => {
  const webhooks: string[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      webhooks.push(JSON.stringify(request.headers) + body);
      response.end();
    });
  });
  let outrider: OutriderProcess;

  beforeAll(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    outrider = await OutriderProcess.prepare({ LOG_LEVEL: 'trace', KEY_NAMES: 'x-shop-key' });
    await outrider.start();
  });
  afterAll(async () => {
    await outrider.remove();
    receiver.close();
  });

  it('are in no store, log, webhook, answer or dead letter after the whole path', async () => {
    const { port } = receiver.address() as AddressInfo;
    const { webhook } = await outrider.api<{ webhook: { id: string } }>('POST', '/v1/webhooks', {
      name: 'spec',
      url: `http://127.0.0.1:${port}/`,
      allowPrivateAddress: true,
    });
    await outrider.api('POST', '/v1/policies', { name: 'tell', actions: [{ kind: 'notify', webhookId: webhook.id }] });
    await sendLines(outrider.tcpPort, [
      ...Array.from({ length: 40 }, (_, n) => JSON.stringify(entry(n))),
      `GET /x?apikey=${SECRETS.garbage} not json at all`,
      `{"request": {"headers": {"apikey": "${SECRETS.garbage}", "cookie": "session=${SECRETS.cookie}"`,
      JSON.stringify({ ...entry(1), started_at: null }),
    ]);
    await until(() => webhooks.length > 0, 'a webhook');
    const answers: string[] = [];
    await until(async () => {
      answers.length = 0;
      for (const path of [
        '/v1/events?from=-1h',
        '/v1/alerts',
        '/v1/dead-letters?from=-1h',
        '/v1/addresses/198.51.100.99/timeline?from=-1h',
      ])
        answers.push(JSON.stringify(await outrider.api('GET', path)));
      return (answers[2] ?? '').includes('not-json') && (answers[0] ?? '').includes('198.51.100.99');
    }, 'the dead letters');
    await outrider.stop();

    const places: Record<string, string> = {
      webhooks: webhooks.join('\n'),
      answers: answers.join('\n'),
      log: outrider.output,
      clickhouse: await everyRow(outrider.dataDir),
      postgres: await everyTuple(outrider.dataDir),
      files: everyFile(join(outrider.dataDir, 'bus')),
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length).toBeGreaterThan(0); // a place that was not looked into proves nothing
      for (const [what, secret] of Object.entries(SECRETS))
        expect({ place, what, found: text.includes(secret) }).toEqual({ place, what, found: false });
    }
    expect(places['clickhouse']).toContain('198.51.100.99');
    expect(places['postgres']).toContain('198.51.100.99');
    expect(places['files']).toContain('198.51.100.99');
  });
});

const sendLines = (port: number, lines: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.end(`${lines.join('\n')}\n`));
    socket.once('error', reject).once('close', () => resolve());
  });

const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come`);
};

const everyRow = async (dataDir: string): Promise<string> => {
  const clickhouse = await openClickHouse({ dir: join(dataDir, 'clickhouse') });
  try {
    const tables = await clickhouse.client.query({
      query: `SELECT name FROM system.tables WHERE database = '${clickhouse.database}' AND engine LIKE '%MergeTree'`,
      format: 'JSONEachRow',
    });
    const texts: string[] = [];
    for (const { name } of await tables.json<{ name: string }>()) {
      const rows = await clickhouse.client.query({
        query: `SELECT * FROM ${clickhouse.database}.${name}`,
        format: 'JSONEachRow',
      });
      texts.push(await rows.text());
    }
    return texts.join('\n');
  } finally {
    await clickhouse.close();
  }
};

const everyTuple = async (dataDir: string): Promise<string> => {
  const postgres = await startEmbeddedPostgres({ dir: join(dataDir, 'postgres') });
  const client = new pg.Client(postgres.url);
  await client.connect();
  try {
    const tables = await client.query<{ t: string }>(
      "select format('%I.%I', table_schema, table_name) as t from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'",
    );
    const texts: string[] = [];
    for (const { t } of tables.rows)
      texts.push(JSON.stringify((await client.query(`select to_json(x) from ${t} x`)).rows));
    return texts.join('\n');
  } finally {
    await client.end();
    await postgres.stop();
  }
};

const everyFile = (dir: string): string =>
  readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');
