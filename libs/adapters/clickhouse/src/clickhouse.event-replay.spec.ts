import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerError } from '@outrider/platform/errors';
import { BUS_PARTITION_SPAN, type TimeRange } from '@outrider/ports/event-store';
import { storedRows } from './testing/event-rows.ts';
import { BACK_ENDS, openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const DAY = 86_400_000;
const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const RANGE: TimeRange = { from: AT - DAY, to: AT + DAY };

describe.each(BACK_ENDS)('%s: what fills memory at start', (backEnd) => {
  let engine: TemporaryStore;
  let tokens = 0;
  beforeAll(async () => {
    engine = await openTemporaryStore(backEnd);
  });
  afterAll(() => engine.remove());

  const insert = (events: readonly ApiEvent[], blockEcho = false, position = 1): Promise<void> =>
    engine.store.insertEvents({ rows: storedRows(events, { blockEcho, position }), token: `test-${++tokens}` });

  const collect = async <T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> => {
    const all: T[] = [];
    for await (const chunk of chunks) all.push(...chunk);
    return all;
  };

  it('is the newest receipts with their positions, and a replay in order of event time over any chunk size', async () => {
    const tenant = 'memory';
    const later = AT + 400 * DAY;
    const events = Array.from({ length: 50 }, (_, i) =>
      anApiEvent({ tenant, startedAt: later + ((i * 7) % 50), receivedAt: later + i }),
    );
    await insert(events, false, 500);
    const seen = await collect(engine.store.seenSince(later + 10, 5));
    expect(seen).toEqual([49, 48, 47, 46, 45].map((i) => ({ eventId: `default:${events[i]?.id}`, position: 500 + i })));
    const chunks: number[] = [];
    const times: number[] = [];
    for await (const chunk of engine.store.replay({ range: { from: later, to: later + DAY }, chunk: 20 })) {
      chunks.push(chunk.length);
      times.push(...chunk.map((e) => e.startedAt));
    }
    expect(chunks).toEqual([20, 20, 10]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('is that of the partitions asked for, and of no other', async () => {
    const tenant = 'partitions';
    const at = AT - 800 * DAY;
    const stored = [0, 1, 7].map((partition) =>
      [0, BUS_PARTITION_SPAN - 1].map((offset, i) => {
        const event = anApiEvent({ tenant, startedAt: at + partition * 10 + i, receivedAt: at + partition * 10 + i });
        return { event, partition, position: partition * BUS_PARTITION_SPAN + offset };
      }),
    );
    for (const { event, position } of stored.flat()) await insert([event], false, position);
    for (const partitions of [[0], [7, 1, 7], [3], [], undefined]) {
      const wanted = stored.flat().filter(({ partition }) => partitions?.includes(partition) ?? true);
      const seen = await collect(engine.store.seenSince(at, 100_000, partitions));
      const own = new Set(stored.flat().map(({ event }) => `default:${event.id}`));
      expect(seen.filter((s) => own.has(s.eventId)).map((s) => s.position)).toEqual(
        wanted.map(({ position }) => position).reverse(),
      );
    }
    await expect(collect(engine.store.seenSince(at, 100, [-1]))).rejects.toThrow(CallerError);
  });

  it('recalls a partition in order of receipt, and of more than is wanted what was received last', async () => {
    const at = AT - 900 * DAY;
    const partition = 11;
    // What came late stands where it came.
    const stored = [3, 1, 2, 0].map((started, received) => {
      const event = anApiEvent({ tenant: 'recall', startedAt: at + started, receivedAt: at + 1_000 + received });
      return { event, position: partition * BUS_PARTITION_SPAN + received };
    });
    for (const { event, position } of stored) await insert([event], false, position);
    await insert([anApiEvent({ tenant: 'recall', startedAt: at, receivedAt: at })], true, stored[0]?.position ?? 0);
    const range = { from: at, to: at + DAY };
    const recalled = async (most: number, partitions = [partition]): Promise<string[]> =>
      (await collect(engine.store.recall({ partitions, range, chunk: 2, most }))).map(({ event }) => event.id);
    const ids = stored.map(({ event }) => event.id);
    expect(await recalled(100)).toEqual(ids);
    expect(await recalled(2)).toEqual(ids.slice(-2));
    expect(await recalled(100, [12])).toEqual([]);
    expect(await engine.store.newestByPartition(at, [partition, 12])).toEqual(new Map([[partition, at + 3]]));
  });

  it('lets the readers of two replays at once ask other questions meanwhile', async () => {
    const tenant = 'nested';
    await insert([anApiEvent({ tenant, startedAt: AT }), anApiEvent({ tenant, startedAt: AT + 1 })]);
    const read = async (): Promise<number> => {
      let asked = 0;
      for await (const chunk of engine.store.replay({ tenant, range: RANGE, chunk: 1 })) {
        const entities = chunk.map((event) => event.consumerId);
        asked += (await engine.store.minuteCounts({ tenant, kind: 'consumer', entities, range: RANGE })).length;
      }
      return asked;
    };
    expect(await Promise.all([read(), read()])).toEqual([2, 2]);
  });

  it('frees its place when the reader stops early', async () => {
    for (let i = 0; i < 5; i++) {
      for await (const chunk of engine.store.replay({ range: RANGE, chunk: 1 })) {
        expect(chunk).toHaveLength(1);
        break;
      }
    }
    await engine.store.ping();
  });
});
