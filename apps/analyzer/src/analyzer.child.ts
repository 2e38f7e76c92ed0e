import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { ClickHouseBaselineStore } from '@outrider/clickhouse/clickhouse.baseline-store';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { KEEP_ALL } from '@outrider/clickhouse/retention';
import { startAnalyzer } from './testing/start-analyzer.ts';

// Works off what is on the bus and prints how far behind it is; killed by the spec. Once done it prints what is stored.
const [dir = '', postgresUrl = ''] = process.argv.slice(2);
const clickhouse = await openClickHouse({ dir: join(dir, 'clickhouse') });
const events = new ClickHouseEventStore(clickhouse, KEEP_ALL);
await events.prepare();
const analyzer = await startAnalyzer({ dir, postgresUrl, events, baselines: new ClickHouseBaselineStore(clickhouse) });
for (let said = -1; said !== 0; await sleep(2)) {
  const behind = analyzer.behind();
  if (behind !== said) process.stdout.write(`behind ${behind}\n`);
  said = behind;
}
const query = `SELECT count(), uniqExact(id), (SELECT sum(requests) FROM entity_minute_v1 WHERE entity_kind = 'ip') FROM events_v1`;
const result = await clickhouse.client.query({ query, format: 'JSONCompactEachRow' });
process.stdout.write(`stored ${JSON.stringify((await result.json())[0])}\n`);
setInterval(() => undefined, 1_000);
