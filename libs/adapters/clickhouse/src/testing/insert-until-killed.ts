import { writeSync } from 'node:fs';
import { ClickHouseEventStore } from '../clickhouse.event-store.ts';
import { openClickHouse } from '../open-clickhouse.ts';
import { KEEP_ALL } from '../retention.ts';
import { numberedBlock } from './numbered-block.ts';

/** Child process of the kill test: inserts the blocks first…last in order and says the number of each that is stored. */
const [dir = '', first = '0', last = '0'] = process.argv.slice(2);
const clickhouse = await openClickHouse({ dir });
const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
await store.prepare();
writeSync(1, 'ready\n');
for (let n = Number(first); n <= Number(last); n++) {
  await store.insertEvents(numberedBlock(n));
  writeSync(1, `${n}\n`);
}
await clickhouse.close();
