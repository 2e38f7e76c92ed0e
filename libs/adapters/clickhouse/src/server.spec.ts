import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerError, TransientError } from '@outrider/platform/errors';
import type { EventBlock } from '@outrider/ports/event-store';
import { ClickHouseEventStore } from './clickhouse.event-store.ts';
import { openClickHouse, type ClickHouse } from './open-clickhouse.ts';
import { KEEP_ALL } from './retention.ts';
import { CuttingProxy } from './testing/cutting-proxy.ts';
import { storedRows } from './testing/event-rows.ts';
import { numberedBlock, ROWS_A_BLOCK } from './testing/numbered-block.ts';
import { ServerProcess } from './testing/server-process.ts';

const LOADER = fileURLToPath(new URL('../testing/ts-loader.mjs', import.meta.url));
const CHILD = fileURLToPath(new URL('./testing/insert-blocks.ts', import.meta.url));

let server: ServerProcess;
let clickhouse: ClickHouse;
let store: ClickHouseEventStore;
beforeEach(async () => {
  server = await ServerProcess.start();
  clickhouse = await openClickHouse({ url: server.url() });
  store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
});
afterEach(async () => {
  await clickhouse.close();
  await server.remove();
});

const count = async (sql: string): Promise<unknown[]> => {
  const result = await clickhouse.client.query({ query: sql, format: 'JSONCompactEachRow' });
  return (await result.json<unknown[]>())[0] ?? [];
};

/** Rows of the events and sums of every aggregate: all the same when each block is stored once everywhere. */
const totals = async (): Promise<number[]> =>
  (await count(`SELECT
    (SELECT count() FROM events_v1), (SELECT uniqExact(id) FROM events_v1),
    (SELECT sum(requests) FROM entity_minute_v1 WHERE entity_kind = 'ip'),
    (SELECT sum(requests) FROM entity_hour_v1 WHERE entity_kind = 'consumer'),
    (SELECT sum(requests) FROM endpoint_minute_v1), (SELECT sum(requests) FROM endpoint_hour_v1)`)) as number[];
const all = (n: number): number[] => Array<number>(6).fill(n);

class Inserter {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  errors = '';

  constructor(url: string, first: number, last: number) {
    const args = ['--import', LOADER, '--conditions=@outrider/source', CHILD, url, String(first), String(last)];
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child.stderr.on('data', (data: Buffer) => (this.errors += data.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(line));
    this.#child = child;
    this.ended = new Promise((resolve) => child.once('close', resolve));
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async said(line: string): Promise<void> {
    for (let i = 0; i < 4_800; i++) {
      if (this.lines.includes(line)) return;
      if (this.#child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`never said ${line}: ${this.lines.slice(-3).join()} ${this.errors}`);
  }
}

describe('several processes', () => {
  it('prepare an empty server at once, and insert the same blocks under the same tokens at once: each is stored once', async () => {
    const last = 10;
    const children = Array.from({ length: 4 }, () => new Inserter(server.url(), 1, last));
    await Promise.all(children.map((child) => child.said('ready')));
    expect(await count('SELECT groupUniqArray(version) FROM schema_migrations')).toEqual([
      expect.arrayContaining([1, 2, 3, 4]),
    ]);
    for (const child of children) child.go();
    for (const child of children) expect([await child.ended, child.errors]).toEqual([0, '']);
    expect(await totals()).toEqual(all(last * ROWS_A_BLOCK));
  }, 300_000);

  it('lose nothing and double nothing while the server is killed and comes back, again and again', async () => {
    const children = [new Inserter(server.url(), 1, 24), new Inserter(server.url(), 17, 40)];
    await Promise.all(children.map((child) => child.said('ready')));
    for (const child of children) child.go();
    for (let kill = 0; kill < 4; kill++) {
      await children[kill % 2]?.said(String([3, 20, 10, 30][kill]));
      await server.end(kill % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      await server.start();
    }
    for (const child of children) expect([await child.ended, child.errors]).toEqual([0, '']);
    expect(children.some((child) => child.lines.includes('again store-away'))).toBe(true);
    expect(await totals()).toEqual(all(40 * ROWS_A_BLOCK));
  }, 300_000);
});

describe('a connection', () => {
  let proxy: CuttingProxy;
  let through: ClickHouse;
  let cut: ClickHouseEventStore;
  beforeEach(async () => {
    await store.prepare();
    proxy = await CuttingProxy.start(server.port);
    through = await openClickHouse({ url: server.url().replace(`:${server.port}/`, `:${proxy.port}/`) });
    cut = new ClickHouseEventStore(through, KEEP_ALL);
  });
  afterEach(async () => {
    await through.close();
    await proxy.stop();
  });

  it.each([
    ['in the middle of a block', 60_000, false],
    ['before the answer, when the block was stored', undefined, true],
  ])('cut %s makes a block wait, and the retry stores it once', async (_when, bytes, answers) => {
    const block: EventBlock = {
      rows: storedRows(Array.from({ length: 500 }, () => anApiEvent())),
      token: 'cut',
    };
    expect(block.rows.join('\n').length).toBeGreaterThan(120_000);
    proxy.cutAfterBytes = bytes;
    proxy.cutAnswers = answers;
    await expect(cut.insertEvents(block)).rejects.toMatchObject({ name: 'TransientError', code: 'store-away' });
    expect(proxy.cuts).toBeGreaterThan(0);
    proxy.cutAfterBytes = undefined;
    proxy.cutAnswers = false;
    await cut.insertEvents(block);
    await cut.insertEvents(block);
    expect(await totals()).toEqual(all(500));
  });

  it('cut before the answer to a question is asked again, once', async () => {
    proxy.cutAnswers = true;
    await expect(cut.deadLetterCounts({ tenant: 't', range: { from: 0, to: 1 } })).rejects.toThrow(TransientError);
    expect(proxy.cuts).toBe(2);
  });

  it('to a server that hangs is given up', async () => {
    server.signal('SIGSTOP');
    try {
      await expect(cut.ping()).rejects.toMatchObject({ name: 'TransientError', code: 'store-timeout' });
    } finally {
      server.signal('SIGCONT');
    }
    await cut.ping();
  }, 30_000);
});

describe('a server', () => {
  it('that does not take the password is an error which names the setting, and not the password', async () => {
    const wrong = await openClickHouse({ url: server.url().replace('p%40ss', 'wrong-one') });
    const failure: unknown = await new ClickHouseEventStore(wrong).prepare().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CallerError);
    expect(String(failure)).toContain('CLICKHOUSE_URL');
    expect(String(failure)).not.toContain('wrong-one');
    await wrong.close();
  });

  it('without a cluster of the name is an error which names the setting', async () => {
    const clustered = await openClickHouse({ url: server.url(), cluster: 'nowhere' });
    const failure: unknown = await new ClickHouseEventStore(clustered).prepare().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CallerError);
    expect(String(failure)).toContain('CLICKHOUSE_CLUSTER');
    await clustered.close();
  });

  it('takes blocks that are packed, and keeps what it has over a restart', async () => {
    const packing = await openClickHouse({ url: server.url(), compressInserts: true, maxConnections: 2 });
    const packed = new ClickHouseEventStore(packing, KEEP_ALL);
    await packed.prepare();
    await Promise.all([1, 2, 3, 4].map((n) => packed.insertEvents(numberedBlock(n))));
    await server.end();
    await expect(packed.insertEvents(numberedBlock(5))).rejects.toThrow(TransientError);
    await server.start();
    await packed.insertEvents(numberedBlock(4));
    expect(await totals()).toEqual(all(4 * ROWS_A_BLOCK));
    await packing.close();
  });
});
