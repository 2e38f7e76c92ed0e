import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '@outrider/platform/errors';
import { ClickHouseEventStore } from '../clickhouse.event-store.ts';
import { openClickHouse } from '../open-clickhouse.ts';
import { KEEP_ALL } from '../retention.ts';
import { numberedBlock } from './numbered-block.ts';

/** Child process of the server's specs: prepares the store, waits for a line, inserts the blocks first…last as an analyzer would, and says so. */
const [url = '', first = '0', last = '0'] = process.argv.slice(2);
const clickhouse = await openClickHouse({ url });
const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);

const untilDone = async (work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      writeSync(1, `again ${error.code}\n`);
      await sleep(100);
    }
  }
};

await untilDone(() => store.prepare());
writeSync(1, 'ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
for (let n = Number(first); n <= Number(last); n++) {
  await untilDone(() => store.insertEvents(numberedBlock(n)));
  writeSync(1, `${n}\n`);
}
await clickhouse.close();
