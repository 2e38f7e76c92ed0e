import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeRows } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';
import { anAnonymousEvent, anApiEvent, aRefusedEvent, testRequestId } from '@outrider/domain/traffic/testing';
import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import { BUS_PARTITION_SPAN, type EventQuery, type TimeRange } from '@outrider/ports/event-store';
import { storedRows } from './testing/event-rows.ts';
import { numberedBlock, ROWS_A_BLOCK } from './testing/numbered-block.ts';
import { BACK_ENDS, openTemporaryStore, type TemporaryStore } from './testing/temporary-store.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const RANGE: TimeRange = { from: AT - DAY, to: AT + DAY };

describe.each(BACK_ENDS)('%s:', (backEnd) => {
  let engine: TemporaryStore;
  let tokens = 0;
  beforeAll(async () => {
    engine = await openTemporaryStore(backEnd);
  });
  afterAll(() => engine.remove());

  const insert = (events: readonly ApiEvent[], blockEcho = false, position = 1): Promise<void> =>
    engine.store.insertEvents({ rows: storedRows(events, { blockEcho, position }), token: `test-${++tokens}` });

  const search = (query: Partial<EventQuery> & { tenant: string }): Promise<readonly ApiEvent[]> =>
    engine.store.search({ range: RANGE, limit: 100, order: 'newest', ...query });

  const collect = async <T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> => {
    const all: T[] = [];
    for await (const chunk of chunks) all.push(...chunk);
    return all;
  };

  const TABLES = ['events_v1', 'entity_minute_v1', 'entity_hour_v1', 'endpoint_minute_v1', 'endpoint_hour_v1'];
  const totals = async (tenant: string): Promise<number[]> => {
    const sums = TABLES.map((table) => {
      const what = table === 'events_v1' ? 'count()' : 'sum(requests)';
      const where = table.startsWith('entity') ? " AND entity_kind = 'ip'" : '';
      return `(SELECT ${what} FROM ${table} WHERE tenant = '${tenant}'${where})`;
    });
    return ((await engine.rows(`SELECT ${sums.join(', ')}`))[0] ?? []) as number[];
  };

  describe('events', () => {
    it('come back as they were stored, whatever their values', async () => {
      const tenant = 'round-trip';
      const events = [
        anApiEvent({
          tenant,
          startedAt: AT + 1,
          receivedAt: AT + 7,
          consumerTags: ['a', "b'\\"],
          userAgent: 'q"\\\n\t\u0000ü😀',
        }),
        anApiEvent({
          tenant,
          startedAt: AT + 2,
          kind: 'stream',
          method: '',
          path: '',
          pathTemplate: '',
          status: -1,
          clientIp: '',
        }),
        anApiEvent({
          tenant,
          startedAt: AT + 3,
          clientIp: '2001:db8::1',
          latencyTotalMs: 57.125,
          latencyUpstreamMs: -1,
          responseBytes: 5_000_000_000,
        }),
        anApiEvent({
          tenant,
          startedAt: AT + 4,
          id: 'f'.repeat(32),
          hasRequestId: false,
          query: "q=text:3'); DROP TABLE events_v1; --",
        }),
      ];
      await insert(events);
      expect(await search({ tenant, order: 'oldest' })).toEqual(events);
      expect(await collect(engine.store.replay({ tenant, range: RANGE, chunk: 3 }))).toEqual(events);
    });

    it('with a broken surrogate in a path do not refuse the block that they are in', async () => {
      const tenant = 'surrogate';
      await insert([anApiEvent({ tenant, startedAt: AT, path: '/a\ud800' }), anApiEvent({ tenant, startedAt: AT })]);
      expect(await search({ tenant })).toHaveLength(2);
    });

    it('are filed under the caller that callerOf names', async () => {
      const tenant = 'callers';
      const events = [
        anApiEvent({ tenant, startedAt: AT }),
        anApiEvent({ tenant, startedAt: AT, credentialId: '' }),
        anApiEvent({ tenant, startedAt: AT, consumerId: '' }),
        anAnonymousEvent({ tenant, startedAt: AT }),
      ];
      await insert(events);
      const rows = await engine.rows(
        `SELECT replaceAll(toString(id), '-', ''), caller_kind, caller_id FROM events_v1 WHERE tenant = '${tenant}' ORDER BY id`,
      );
      const wanted = events.map((event) => [event.id, callerOf(event).kind, callerOf(event).id]);
      expect(rows).toEqual(wanted.sort((a, b) => String(a[0]).localeCompare(String(b[0]))));
    });

    it('that no number, id or JSON of theirs can be read are refused for good, and the block with them', async () => {
      const [good = ''] = storedRows([anApiEvent({ tenant: 'bad' })]);
      for (const bad of [
        good.replace('200,"upstream"', '"two hundred","upstream"'),
        good.replace(/"[0-9a-f]{32}"/, '"not-an-id"'),
        '[1,2',
        'nonsense',
      ]) {
        await expect(engine.store.insertEvents({ rows: [good, bad], token: `bad-${++tokens}` })).rejects.toThrow(
          PermanentError,
        );
      }
      expect(await search({ tenant: 'bad' })).toHaveLength(0);
    });
  });

  describe('search', () => {
    it('finds a consumer, also where Kong logged it without a credential, a credential and an address', async () => {
      const tenant = 'entities';
      const consumerId = 'c-1';
      const own = anApiEvent({ tenant, startedAt: AT + 1, consumerId, credentialId: 'k-1', clientIp: '192.0.2.1' });
      const anonymous = anAnonymousEvent({ tenant, startedAt: AT + 2, consumerId, clientIp: '192.0.2.2' });
      const keyOnly = anApiEvent({
        tenant,
        startedAt: AT + 3,
        consumerId: '',
        credentialId: 'k-1',
        clientIp: '192.0.2.2',
      });
      await insert([
        own,
        anonymous,
        keyOnly,
        anApiEvent({ tenant, startedAt: AT + 4, consumerId: 'c-2', clientIp: '192.0.2.3' }),
      ]);
      const ids = async (kind: 'consumer' | 'credential' | 'ip', id: string): Promise<string[]> =>
        (await search({ tenant, entity: { kind, id } })).map((e) => e.id);
      expect(await ids('consumer', consumerId)).toEqual([anonymous.id, own.id]);
      expect(await ids('credential', 'k-1')).toEqual([keyOnly.id, own.id]);
      expect(await ids('ip', '192.0.2.2')).toEqual([keyOnly.id, anonymous.id]);
    });

    it.each(['newest', 'oldest'] as const)(
      'pages through events of the same millisecond without loss or repetition, %s first',
      async (order) => {
        const tenant = `paging-${order}`;
        const events = Array.from({ length: 25 }, (_, i) =>
          anApiEvent({ tenant, startedAt: AT + Math.floor(i / 10), consumerId: 'p-1' }),
        );
        await insert(events);
        const seen: string[] = [];
        let after: { startedAt: number; id: string } | undefined;
        for (let page = 0; page < 10; page++) {
          const found = await search({
            tenant,
            order,
            limit: 4,
            entity: { kind: 'consumer', id: 'p-1' },
            ...(after ? { after } : {}),
          });
          seen.push(...found.map((e) => e.id));
          const last = found.at(-1);
          if (!last) break;
          after = { startedAt: last.startedAt, id: last.id };
        }
        expect(seen).toHaveLength(25);
        expect(new Set(seen)).toEqual(new Set(events.map((e) => e.id)));
      },
    );

    it('applies every filter', async () => {
      const tenant = 'filters';
      const wanted = anApiEvent({
        tenant,
        startedAt: AT,
        gateway: 'eu',
        method: 'POST',
        path: '/pay/1',
        status: 404,
        answeredBy: 'kong',
        serviceName: 'pay',
        routeId: 'r-9',
      });
      await insert([wanted, anApiEvent({ tenant, startedAt: AT })]);
      const filters: Partial<EventQuery>[] = [
        { gateway: 'eu' },
        { method: 'POST' },
        { pathPrefix: '/pay/' },
        { statusFrom: 400 },
        { statusFrom: 404, statusTo: 404 },
        { answeredBy: 'kong' },
        { service: 'pay' },
        { route: 'r-9' },
        { eventIds: [`eu:${wanted.id}`, `default:${testRequestId(999_999)}`] },
        { entity: { kind: 'gateway', id: 'eu' } },
        { entity: { kind: 'route', id: 'r-9' } },
        { entity: { kind: 'endpoint', id: `${wanted.serviceId} POST /orders/{id}` } },
      ];
      for (const filter of filters)
        expect([filter, ...(await search({ tenant, ...filter })).map((e) => e.id)]).toEqual([filter, wanted.id]);
    });
  });

  describe('a block', () => {
    it('that comes again under its token is stored once everywhere, also after other blocks', async () => {
      const tenant = 'twice';
      const block = {
        rows: storedRows(Array.from({ length: 10 }, () => anApiEvent({ tenant, startedAt: AT }))),
        token: 'twice-1',
      };
      await engine.store.insertEvents(block);
      await insert([anApiEvent({ tenant, startedAt: AT })]);
      await engine.store.insertEvents(block);
      expect(await totals(tenant)).toEqual([11, 11, 11, 11, 11]);
    });

    it('with the same rows under another token is another block', async () => {
      const tenant = 'other-token';
      const rows = storedRows([anApiEvent({ tenant, startedAt: AT })]);
      await engine.store.insertEvents({ rows, token: 'other-1' });
      await engine.store.insertEvents({ rows, token: 'other-2' });
      expect(await totals(tenant)).toEqual([2, 2, 2, 2, 2]);
    });

    it.each(['entity_minute_v1', 'entity_hour_v1', 'endpoint_minute_v1', 'endpoint_hour_v1'])(
      'that reached only some tables, because %s was away, is completed by the same token',
      async (table) => {
        const tenant = `partial-${table}`;
        const rows = storedRows(
          Array.from({ length: 7 }, (_, i) => anApiEvent({ tenant, startedAt: AT + (i % 2) * 7 * DAY })),
        );
        const block = { rows, token: `partial-${table}` };
        await engine.clickhouse.client.command({ query: `DETACH TABLE ${table}` });
        try {
          await expect(engine.store.insertEvents(block)).rejects.toThrow(TransientError);
        } finally {
          await engine.clickhouse.client.command({ query: `ATTACH TABLE ${table}` });
        }
        await engine.store.insertEvents(block);
        await engine.store.insertEvents(block);
        expect(await totals(tenant)).toEqual([7, 7, 7, 7, 7]);
      },
    );

    it('of a backfill may span years', async () => {
      const tenant = 'backfill';
      await insert(Array.from({ length: 150 }, (_, week) => anApiEvent({ tenant, startedAt: AT - week * 7 * DAY })));
      expect(await totals(tenant)).toEqual([150, 150, 150, 150, 150]);
    });
  });

  describe('aggregates', () => {
    it('count an event for its consumer, its credential and its address, and keep block echo away from baselines', async () => {
      const tenant = 'counts';
      const who = { tenant, consumerId: 'a-1', consumerName: 'ann', credentialId: 'k-9', clientIp: '192.0.2.9' };
      const statuses = [200, 201, 302, 400, 401, 403, 404, 422, 429, 500, 503];
      await insert(statuses.map((status, i) => anApiEvent({ ...who, startedAt: AT + i, status })));
      await insert([aRefusedEvent({ tenant, startedAt: AT + 50, clientIp: '192.0.2.9' })]);
      await insert(
        [anApiEvent({ ...who, startedAt: AT + MINUTE, status: 403, answeredBy: 'kong', refusal: 'forbidden' })],
        true,
      );
      const counts = (kind: 'consumer' | 'credential' | 'ip', id: string) =>
        engine.store.minuteCounts({ tenant, kind, entities: [id, 'unknown'], range: RANGE });
      const expected = { minute: AT, requests: 11, serverErrors: 2, clientErrors: 2, refused: 0 };
      expect(await counts('consumer', 'a-1')).toEqual([{ ...expected, entity: 'a-1' }]);
      expect(await counts('credential', 'k-9')).toEqual([{ ...expected, entity: 'k-9' }]);
      expect(await counts('ip', '192.0.2.9')).toEqual([{ ...expected, entity: '192.0.2.9', requests: 12, refused: 1 }]);

      expect(await engine.store.entity({ tenant, kind: 'consumer', id: 'a-1', range: RANGE })).toEqual({
        entity: { kind: 'consumer', id: 'a-1', name: 'ann' },
        requests: 12,
        errors: 9,
        refused: 1,
        responseBytes: 11 * 1200,
        firstSeenAt: AT,
        lastSeenAt: AT + MINUTE,
      });
      expect(await search({ tenant, entity: { kind: 'consumer', id: 'a-1' } })).toHaveLength(12);
      expect(await collect(engine.store.replay({ tenant, range: RANGE, chunk: 100 }))).toHaveLength(12);
    });

    it('tell each service’s minutes, of every tenant and gateway apart, without block echo', async () => {
      const at = AT - 900 * DAY;
      const tenants = ['health-a', 'health-b'];
      for (const tenant of tenants) {
        const of = (gateway: string, minute: number, statuses: number[]): ApiEvent[] =>
          statuses.map((status) => anApiEvent({ tenant, gateway, startedAt: at + minute * MINUTE + 5, status }));
        await insert([...of('eu', 0, [200, 500, 503, 422, 404]), ...of('eu', 1, [200]), ...of('us', 1, [500])]);
        await insert(of('eu', 1, [403, 403]), true);
        const unnamed = { tenant, startedAt: at + MINUTE, serviceId: '' };
        await insert([
          anApiEvent({ ...unnamed, serviceName: 'by-name' }),
          anApiEvent({ ...unnamed, serviceName: '', pathTemplate: '/none' }),
        ]);
      }
      const { serviceId: service, serviceName } = anApiEvent();
      const found = await engine.store.serviceMinutes({ from: at + 1, to: at + 2 * MINUTE });
      for (const tenant of tenants) {
        const ours = { tenant, service, serviceName };
        const mine = found.filter((row) => row.tenant === tenant);
        expect(mine).toHaveLength(4);
        expect(mine).toEqual(
          expect.arrayContaining([
            { ...ours, gateway: 'eu', minute: at, requests: 5, serverErrors: 2, clientErrors: 1 },
            { ...ours, gateway: 'eu', minute: at + MINUTE, requests: 1, serverErrors: 0, clientErrors: 0 },
            { ...ours, gateway: 'us', minute: at + MINUTE, requests: 1, serverErrors: 1, clientErrors: 0 },
            expect.objectContaining({ service: 'by-name', serviceName: 'by-name', requests: 1 }),
          ]),
        );
      }
      expect(found.map((row) => row.minute)).toEqual(found.map((row) => row.minute).toSorted((a, b) => b - a));
      expect(await engine.store.serviceMinutes({ from: at + MINUTE, to: at + MINUTE })).toEqual([]);
      await expect(engine.store.serviceMinutes({ from: at, to: at + DAY })).rejects.toThrow(CallerError);
    });

    it('list entities busiest first, by part of a name, in pages, for short ranges and long ones', async () => {
      const tenant = 'listing';
      const events = [3, 1, 2].flatMap((n, i) =>
        Array.from({ length: n }, () =>
          anApiEvent({ tenant, startedAt: AT, consumerId: `l-${i}`, consumerName: `Shop ${i}` }),
        ),
      );
      await insert(events);
      for (const range of [RANGE, { from: AT - 90 * DAY, to: AT + DAY }]) {
        const list = async (more: { nameContains?: string; offset?: number }): Promise<[string, number][]> =>
          (await engine.store.entities({ tenant, kind: 'consumer', range, limit: 2, offset: 0, ...more })).map((s) => [
            s.entity.name,
            s.requests,
          ]);
        expect(await list({})).toEqual([
          ['Shop 0', 3],
          ['Shop 2', 2],
        ]);
        expect(await list({ offset: 2 })).toEqual([['Shop 1', 1]]);
        expect(await list({ nameContains: 'sHOP 2' })).toEqual([['Shop 2', 2]]);
        expect(await list({ nameContains: "%'" })).toEqual([]);
      }
    });
  });

  describe('what fills memory at start', () => {
    it('is the newest receipts with their positions, and a replay in order of event time over any chunk size', async () => {
      const tenant = 'memory';
      const later = AT + 400 * DAY;
      const events = Array.from({ length: 50 }, (_, i) =>
        anApiEvent({ tenant, startedAt: later + ((i * 7) % 50), receivedAt: later + i }),
      );
      await insert(events, false, 500);
      const seen = await collect(engine.store.seenSince(later + 10, 5));
      expect(seen).toEqual(
        [49, 48, 47, 46, 45].map((i) => ({ eventId: `default:${events[i]?.id}`, position: 500 + i })),
      );
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
      const range = { from: at, to: at + DAY };
      for (const partitions of [[0], [7, 1, 7], [3], [], undefined]) {
        const wanted = stored.flat().filter(({ partition }) => partitions?.includes(partition) ?? true);
        const more = partitions === undefined ? {} : { partitions };
        const replayed = await collect(engine.store.replay({ range, chunk: 100, ...more }));
        expect(replayed.map((e) => e.id)).toEqual(wanted.map(({ event }) => event.id));
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
      const positions = new Map([[partition, stored[2]?.position ?? 0]]);
      const later = async (startedSince: number): Promise<string[]> =>
        (await collect(engine.store.recall({ partitions: [partition], range, chunk: 2, most: 100, after: { positions, startedSince } }))).map(({ event }) => event.id); // prettier-ignore
      expect(await later(at + DAY)).toEqual(ids.slice(3));
      expect(await later(at + 3)).toEqual([ids[0], ids[3]]);
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

  it('inserts many blocks at once, one after the other, while it answers queries', async () => {
    const blocks = Array.from({ length: 8 }, (_, n) => numberedBlock(5_000 + n));
    await Promise.all([
      ...blocks.map((block) => engine.store.insertEvents(block)),
      ...blocks.map(() => search({ tenant: 'default' })),
    ]);
    const rows = await engine.rows(
      `SELECT count() FROM events_v1 WHERE tenant = 'default' AND bus_position >= 5000000`,
    );
    expect(rows).toEqual([[8 * ROWS_A_BLOCK]]);
    expect(decodeRows(storedRows([anApiEvent()]))).toHaveLength(1);
  });
});
