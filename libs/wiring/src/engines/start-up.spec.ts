import { describe, expect, it } from '@jest/globals';
import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import { createLogger } from '@outrider/platform/logger';
import { hostOf, StartUp } from './start-up.ts';

const DB = { name: 'PostgreSQL', setting: 'DATABASE_URL', at: 'db:5432' };

const logged: string[] = [];
const log = createLogger({ name: 'test', level: 'info', pretty: false }, { write: (line) => void logged.push(line) });

describe('StartUp', () => {
  it('waits for an engine that is away, says so once and again when it is there', async () => {
    const startUp = new StartUp(log, 60_000);
    let tries = 0;
    let seen: readonly string[] = [];
    const opened = await startUp.engine(DB, async () => {
      seen = startUp.waitingFor;
      if (++tries < 3) throw new TransientError('PostgreSQL is away or busy (ECONNREFUSED)');
      return 'open';
    });
    expect([opened, tries, seen, startUp.waitingFor]).toEqual(['open', 3, ['PostgreSQL at db:5432'], []]);
    expect(logged.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'waiting for an engine that does not answer',
      'engine is there',
    ]);
  });

  it('gives up after its bound, with the engine, the setting and the cause', async () => {
    const outcome = new StartUp(log, 0).engine(DB, () => Promise.reject(new TransientError('away (ECONNREFUSED)')));
    await expect(outcome).rejects.toThrow(
      /PostgreSQL at db:5432 \(DATABASE_URL\).*START_TIMEOUT_SECONDS.*ECONNREFUSED/,
    );
    await expect(outcome).rejects.toBeInstanceOf(TransientError);
  });

  it.each([
    new PermanentError('PostgreSQL refused (28P01)'),
    new TransientError('migrate: ClickHouse could not (AUTHENTICATION_FAILED)', 'clickhouse-516'),
  ])('does not wait for what waiting cannot mend: %s', async (error) => {
    let tries = 0;
    const outcome = new StartUp(log, 60_000).engine(DB, () => {
      tries++;
      return Promise.reject(error);
    });
    await expect(outcome).rejects.toThrow(/PostgreSQL at db:5432 \(DATABASE_URL\) refused/);
    await expect(outcome).rejects.toBeInstanceOf(CallerError);
    expect(tries).toBe(1);
  });

  it('shows of an address the host alone', () => {
    expect(hostOf('postgresql://user:hunter2@db:5432/outrider')).toBe('db:5432');
  });
});
