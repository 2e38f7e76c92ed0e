import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { KEEP_ALL } from '@outrider/clickhouse/retention';
import { EntryReader } from '@outrider/collect/entry/entry-reader';
import { GatewayContext } from '@outrider/collect/entry/gateway-context';
import { SecretNames } from '@outrider/collect/entry/secret-names';
import { readLogFile } from '@outrider/collect/file/log-file-reader';
import { completeRow, encodeEvent } from '@outrider/contracts/events/event-row';
import { learnTemplates } from '@outrider/discover/learning/learn-templates';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { systemClock } from '@outrider/ports/clock';

const EVER = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2100, 0, 1) };
const BLOCK = 20_000;
/** From the end of a request until it is received; ms. */
const TRAVEL_MS = 50;

/** A corpus as events with learned templates, as they would have been received: in order of their end, at the time of the estate. */
export const readCorpus = async (log: string, storeDir: string): Promise<ApiEvent[]> => {
  const events = await read(log);
  const clickhouse = await openClickHouse({ dir: storeDir });
  try {
    const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
    await store.prepareForRun();
    for (let i = 0; i < events.length; i += BLOCK) {
      const rows = events.slice(i, i + BLOCK).map((event, n) => completeRow(encodeEvent(event), i + n, false));
      await store.insertEvents({ rows, token: `corpus/${i}` });
    }
    const templates = await learnTemplates(store, EVER);
    return events.map((event) => templates.applied(event));
  } finally {
    await clickhouse.close();
  }
};

const read = async (log: string): Promise<ApiEvent[]> => {
  const parts = {
    reader: new EntryReader({ fingerprintKey: Buffer.alloc(32, 7) }),
    from: new GatewayContext(GatewaySettings.parse({ id: 'default' }), new SecretNames()),
    clock: systemClock,
  };
  const events: ApiEvent[] = [];
  for await (const chunk of readLogFile(log, parts)) {
    for (const event of chunk.events) {
      const receivedAt = event.startedAt + Math.max(0, event.latencyTotalMs) + TRAVEL_MS;
      events.push({ ...event, receivedAt });
    }
  }
  return events.sort((a, b) => a.receivedAt - b.receivedAt);
};
