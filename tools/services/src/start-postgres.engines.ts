import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAlive } from '@outrider/platform/process-alive';
import { eventually } from '@outrider/testing/eventually';
import pg from 'pg';
import { processTree } from './process/process-tree.ts';
import { startPostgres, type PostgresService } from './start-postgres.ts';

const query = async (url: string, text: string, limitMs = 10_000): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limitMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};

describe('PostgreSQL', () => {
  let postgres: PostgresService;
  beforeAll(async () => (postgres = await startPostgres()), 60_000);
  afterAll(() => postgres.stop());

  it('has as many databases as are asked for, each with its address, and lets nobody in without the password', async () => {
    const url = await postgres.createDatabase('second');
    expect(await postgres.createDatabase('second')).toBe(url);
    expect(await query(url, 'select current_database() as name')).toEqual([{ name: 'second' }]);
    await expect(query(url.replace(/:[^:@/]+@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/);
  });

  it('keeps its promises on disk: a commit waits for the disk', async () => {
    expect(await query(postgres.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(postgres.url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  });

  it('comes back after kill -9 with what was committed, on the same port', async () => {
    await query(postgres.url, 'create table kept as select 42 as answer');
    const { pid, port } = postgres;
    postgres.kill();
    await postgres.restart();
    expect(postgres.pid).not.toBe(pid);
    expect(postgres.port).toBe(port);
    expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('answers nobody while it is paused, and a kill in that state leaves none of its processes behind', async () => {
    const tree = processTree(postgres.pid ?? 0);
    postgres.pause();
    await expect(query(postgres.url, 'select 1', 500)).rejects.toThrow();
    postgres.kill();
    await eventually(() => !tree.some(isAlive), 20_000);
    await postgres.restart();
    expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});
