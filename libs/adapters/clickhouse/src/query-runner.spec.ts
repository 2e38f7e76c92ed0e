import { afterEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { LimitError } from '@outrider/platform/errors';
import { QueryRunner } from './query-runner.ts';
import { BACK_ENDS, openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const ROWS = 200_000;
let open: TemporaryStore | undefined;
afterEach(async () => {
  await open?.remove();
  open = undefined;
});

test.each(BACK_ENDS)('a stream ends with its last row, however slowly it is read: %s', async (backEnd) => {
  open = await openTemporaryStore(backEnd);
  const runner = new QueryRunner(open.clickhouse);
  const sql = `SELECT number, repeat('x', 300) FROM numbers(${ROWS}) ORDER BY cityHash64(number)`;
  let read = 0;
  let pauses = 0;
  for await (const rows of runner.streamText({ name: 'slow', sql, params: {}, maxSeconds: 1 }, 1_000)) {
    read += rows.length;
    if (pauses++ < 4) await sleep(600);
  }
  expect(read).toBe(ROWS);
});

const SLOW = 'SELECT number, sleepEachRow(0.002) FROM numbers(3000)';
const WIDE = 'SELECT groupArray(concat(toString(number), toString(rand64(number)))) FROM numbers(5000000)';
const LATE = `SELECT throwIf(number = ${ROWS - 1}, 'x'), repeat('x', 300) FROM numbers(${ROWS})`;

/** A stream, and a result that is held as bytes. */
const READS = ['streamText', 'rowTexts'] as const;

describe.each(BACK_ENDS)(
  'a statement that its own limit ends says so, and not that the store is away: %s',
  (backEnd) => {
    const read = async (
      how: (typeof READS)[number],
      sql: string,
      settings: Record<string, string>,
    ): Promise<unknown> => {
      open = await openTemporaryStore(backEnd);
      const runner = new QueryRunner(open.clickhouse);
      try {
        for await (const _ of runner[how]({ name: 'greedy', sql, params: {}, settings }, 1_000));
        return undefined;
      } catch (error) {
        return error;
      }
    };

    test.each(READS)('time, in %s', async (how) => {
      const error = await read(how, SLOW, { max_execution_time: '1', max_block_size: '50' });
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({
        code: 'clickhouse-159',
        message: expect.stringMatching(/^greedy: .*more time.*shorter/),
      });
    });

    test.each(READS)('memory, in %s', async (how) => {
      const error = await read(how, WIDE, { max_memory_usage: '30000000' });
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({ code: 'clickhouse-241' });
    });

    test.each(READS)('and of another fault after the first rows its code is told, in %s', async (how) => {
      const error = await read(how, LATE, { max_block_size: '1000', max_threads: '1' });
      expect(error).toMatchObject({ code: 'clickhouse-395' });
    });
  },
);
