import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerEndpointId } from '@outrider/domain/baseline/caller-endpoint';
import { anApiEvent, testRequestId } from '@outrider/domain/traffic/testing';
import type { DeadLetter, EventQuery, TimeRange } from '@outrider/ports/event-store';
import { ClickHouseBaselineStore } from './clickhouse.baseline-store.ts';
import { storedRows } from './testing/event-rows.ts';
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

  const insert = (events: readonly ApiEvent[]): Promise<void> =>
    engine.store.insertEvents({ rows: storedRows(events), token: `tenancy-${++tokens}` });

  const search = (query: Partial<EventQuery> & { tenant: string }): Promise<readonly ApiEvent[]> =>
    engine.store.search({ range: RANGE, limit: 100, order: 'newest', ...query });

  const collect = async <T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> => {
    const all: T[] = [];
    for await (const chunk of chunks) all.push(...chunk);
    return all;
  };

  describe('two tenants', () => {
    it('never meet in any query', async () => {
      const common = { startedAt: AT, receivedAt: AT + 5 };
      const both = ['north', 'south'];
      for (const tenant of both) {
        const count = tenant === 'north' ? 2 : 3;
        await insert(
          Array.from({ length: count }, (_, i) =>
            anApiEvent({ ...common, tenant, id: testRequestId(70_000 + i), host: tenant }),
          ),
        );
        await engine.store.insertDeadLetters(
          Array.from({ length: count }, (_, i) => aDeadLetter({ tenant, id: testRequestId(80_000 + i) })),
          `letters-${tenant}`,
        );
      }
      await engine.store.rollUpEndpoints({ from: AT, to: AT + MINUTE });
      const baselines = new ClickHouseBaselineStore(engine.clickhouse);
      for (const tenant of both) {
        const n = tenant === 'north' ? 2 : 3;
        const { consumerId, credentialId, clientIp, serviceId, routeId } = anApiEvent();
        const entities = [
          { kind: 'consumer', id: consumerId },
          { kind: 'credential', id: credentialId },
          { kind: 'ip', id: clientIp },
          { kind: 'endpoint', id: `${serviceId} GET /orders/{id}` },
          { kind: 'service', id: serviceId },
          { kind: 'route', id: routeId },
          { kind: 'gateway', id: 'default' },
        ] as const;
        for (const entity of entities) {
          expect((await search({ tenant, entity })).map((e) => e.host)).toEqual(Array(n).fill(tenant));
          const counts = await engine.store.minuteCounts({
            tenant,
            kind: entity.kind,
            entities: [entity.id],
            range: RANGE,
          });
          expect(counts.map((c) => c.requests)).toEqual([n]);
          expect(
            (await engine.store.entities({ tenant, kind: entity.kind, range: RANGE, limit: 10, offset: 0 })).map(
              (s) => s.requests,
            ),
          ).toEqual([n]);
          expect((await engine.store.entity({ tenant, ...entity, range: RANGE }))?.requests).toBe(n);
          const { kind, id } = entity;
          const about = { tenant, kind, metric: 'requests', step: '1h' } as const;
          const [baseline] = await baselines.baselines({ ...about, ids: [id], at: AT + DAY });
          expect(baseline?.requests).toBe(n);
          expect(
            (await baselines.observed({ ...about, id, range: RANGE })).map((p) => p.value).filter(Boolean),
          ).toEqual([n]);
        }
        const caller = { kind: 'consumer', id: consumerId } as const;
        const callers = { tenant, callers: [caller], since: RANGE.from };
        const terms = await collect(baselines.terms(callers));
        expect(new Set(terms.map((term) => term.requests))).toEqual(new Set([n]));
        expect((await baselines.lastUsed(callers)).map((use) => use.requests)).toEqual([n]);
        const atEndpoint = callerEndpointId(caller, `${serviceId} GET /orders/{id}`);
        const same = {
          tenant,
          kind: 'caller-endpoint',
          ids: [atEndpoint],
          metric: 'requests',
          step: '1h',
          at: AT + DAY,
        } as const;
        expect((await baselines.baselines(same))[0]?.requests).toBe(n);
        expect(await baselines.peersOf({ tenant, caller, since: RANGE.from, limit: 9 })).toMatchObject({ peers: [] });
        const use = await baselines.endpointUse({ tenant, range: RANGE, limit: 9 });
        expect([use.consumers, use.endpoints.map((endpoint) => endpoint.requests)]).toEqual([1, [n]]);
        const eventIds = [0, 1, 2].map((i) => `default:${testRequestId(70_000 + i)}`);
        expect((await search({ tenant, eventIds })).map((e) => e.host)).toEqual(Array(n).fill(tenant));
        expect(await collect(engine.store.replay({ tenant, range: RANGE, chunk: 10 }))).toHaveLength(n);
        expect(await engine.store.deadLetters({ tenant, range: RANGE, limit: 10 })).toHaveLength(n);
        expect(await engine.store.deadLetterCounts({ tenant, range: RANGE })).toEqual([
          { reason: 'not-json', count: n },
        ]);
        expect(await engine.store.sources({ tenant, now: AT + MINUTE })).toEqual([
          { gateway: 'default', lastEventAt: AT, lastReceivedAt: AT + 5, events5m: n },
        ]);
      }
      expect(await search({ tenant: 'nobody' })).toEqual([]);
    });
  });

  describe('dead letters', () => {
    it('are listed once each, newest first, in pages, and counted by reason', async () => {
      const tenant = 'letters';
      const letters = [0, 1, 2, 3].map((i) =>
        aDeadLetter({
          tenant,
          id: testRequestId(90_000 + i),
          receivedAt: AT + i,
          reason: i === 0 ? 'too-long' : 'not-json',
        }),
      );
      await engine.store.insertDeadLetters(letters, 'l-1');
      await engine.store.insertDeadLetters(letters, 'l-1');
      await engine.store.insertDeadLetters(letters.slice(0, 1), 'l-2');
      const first = await engine.store.deadLetters({ tenant, range: RANGE, limit: 2 });
      expect(first).toEqual([letters[3], letters[2]]);
      const rest = await engine.store.deadLetters({
        tenant,
        range: RANGE,
        limit: 9,
        after: { receivedAt: AT + 2, id: testRequestId(90_002) },
      });
      expect(rest).toEqual([letters[1], letters[0]]);
      expect(await engine.store.deadLetters({ tenant, range: RANGE, limit: 9, reason: 'too-long' })).toEqual([
        letters[0],
      ]);
      expect(await engine.store.deadLetterCounts({ tenant, range: RANGE })).toEqual([
        { reason: 'not-json', count: 3 },
        { reason: 'too-long', count: 1 },
      ]);
    });
  });

  const aDeadLetter = (overrides: Partial<DeadLetter>): DeadLetter => ({
    tenant: 'default',
    gateway: 'default',
    id: testRequestId(1),
    receivedAt: AT,
    reason: 'not-json',
    detail: 'line 1 is no JSON',
    excerpt: '{"a":',
    bytes: 5,
    transport: 'tcp',
    ...overrides,
  });
});
