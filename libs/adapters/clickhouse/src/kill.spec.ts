import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openClickHouse } from './open-clickhouse.ts';
import { ROWS_A_BLOCK } from './testing/numbered-block.ts';

const LOADER = fileURLToPath(new URL('../testing/ts-loader.mjs', import.meta.url));
const CHILD = fileURLToPath(new URL('./testing/insert-until-killed.ts', import.meta.url));
const KILLS = 6;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-clickhouse-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the child on the blocks first…last; killed `killAfterMs` after it is ready. Resolves to the last block it said was stored. */
const run = (first: number, last: number, killAfterMs?: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = ['--import', LOADER, '--conditions=@outrider/source', CHILD, dir, String(first), String(last)];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let acknowledged = first - 1;
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line !== 'ready') acknowledged = Number(line);
      else if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.on('close', (code, signal) =>
      signal === 'SIGKILL' || code === 0
        ? resolve(acknowledged)
        : reject(new Error(`child ended with ${code}: ${errors}`)),
    );
  });

it('stores each event once, in the table and in every aggregate, when it is killed at any moment and unacknowledged blocks come again', async () => {
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++)
    acknowledged = await run(acknowledged + 1, 1_000_000, 20 + Math.floor(Math.random() * 400));
  const last = acknowledged + 3;
  expect(await run(acknowledged + 1, last)).toBe(last);

  const clickhouse = await openClickHouse({ dir });
  try {
    const count = async (sql: string): Promise<number[]> => {
      const rows = await (await clickhouse.client.query({ query: sql, format: 'JSONCompactEachRow' })).json<number[]>();
      return rows[0] ?? [];
    };
    const expected = last * ROWS_A_BLOCK;
    expect(await count('SELECT count(), uniqExact(id) FROM events_v1')).toEqual([expected, expected]);
    for (const table of ['entity_minute_v1', 'entity_hour_v1']) {
      for (const kind of ['consumer', 'credential', 'ip']) {
        expect([
          table,
          kind,
          ...(await count(`SELECT sum(requests) FROM ${table} WHERE entity_kind = '${kind}'`)),
        ]).toEqual([table, kind, expected]);
      }
    }
    for (const table of ['endpoint_minute_v1', 'endpoint_hour_v1']) {
      expect([table, ...(await count(`SELECT sum(requests) FROM ${table}`))]).toEqual([table, expected]);
    }
  } finally {
    await clickhouse.close();
  }
}, 300_000);
