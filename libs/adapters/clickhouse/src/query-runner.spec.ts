import { afterEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
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
