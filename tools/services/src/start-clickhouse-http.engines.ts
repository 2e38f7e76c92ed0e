import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Service } from './service.ts';
import { startClickHouseHttp } from './start-clickhouse-http.ts';

/** One statement, as any HTTP client would send it. */
const ask = async (url: string, statement: string): Promise<{ status: number; text: string }> => {
  const { origin, username, password } = new URL(url);
  const headers = { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': decodeURIComponent(password) };
  const response = await fetch(origin, { method: 'POST', body: statement, headers });
  return { status: response.status, text: (await response.text()).trim() };
};

describe('clickhouse-http', () => {
  let clickhouse: Service;
  beforeAll(async () => (clickhouse = await startClickHouseHttp({ password: '-begins-with-a-dash' })), 60_000);
  afterAll(() => clickhouse.stop());

  it('answers queries to who knows the password, also one that looks like an option', async () => {
    expect(await ask(clickhouse.url, 'SELECT 40 + 2')).toEqual({ status: 200, text: '42' });
    const wrong = await ask(clickhouse.url.replace(/:[^:@/]+@/, ':wrong@'), 'SELECT 1');
    expect([401, 403]).toContain(wrong.status);
  });

  it('comes back after kill -9 with what was inserted, on the same port', async () => {
    await ask(clickhouse.url, 'CREATE TABLE default.kept (n UInt64) ENGINE = MergeTree ORDER BY n');
    await ask(clickhouse.url, 'INSERT INTO default.kept VALUES (7)');
    const { pid, port } = clickhouse;
    clickhouse.kill();
    await clickhouse.restart();
    expect(clickhouse.pid).not.toBe(pid);
    expect(clickhouse.port).toBe(port);
    expect((await ask(clickhouse.url, 'SELECT n FROM default.kept')).text).toBe('7');
  });
});
