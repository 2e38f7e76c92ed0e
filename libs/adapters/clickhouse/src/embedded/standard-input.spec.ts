import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

test('what is piped into the process never becomes a row of an insert', () => {
  const dir = mkdtempSync(join(tmpdir(), 'outrider-stdin-'));
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
  const script = `
    const { openClickHouse } = await import(${JSON.stringify(`file://${dist}open-clickhouse.js`)});
    const { client, close } = await openClickHouse({ dir: ${JSON.stringify(dir)} });
    await client.command({ query: 'CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x' });
    await client.insert({ table: 't', values: [[1]], format: 'JSONCompactEachRow' });
    const rows = await client.query({ query: 'SELECT count() AS n FROM t', format: 'JSONEachRow' });
    console.log(JSON.stringify(await rows.json()));
    await close();
    process.exit(0);`;
  try {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      input: '[2]\n[3]\n',
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual([{ n: 1 }]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
