import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TimelineItem, TimelineKind } from '@outrider/contracts/http/entities';
import { anAlert } from '@outrider/domain/detection/testing';
import { aUuid, anEnforcement } from '@outrider/domain/response/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEnforcementStore } from '@outrider/testing/fakes/response-store.fake';
import fc from 'fast-check';
import { MemoryEventStore } from '../testing/memory-event-store.ts';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';
import { TimelineReader } from './timeline-reader.ts';
import { timelineSources } from './timeline-sources.ts';

const ALICE = { kind: 'consumer', id: '11111111-1111-4111-8111-111111111111', name: 'alice' } as const;
const FROM = 1_000;
const KINDS = ['events', 'alerts', 'enforcements'] as const;

/** Times close together, so that many items share a moment. */
const times = fc.array(fc.integer({ min: FROM - 3, max: FROM + 12 }), { maxLength: 25 });

interface World {
  readonly events: readonly number[];
  readonly alerts: readonly number[];
  readonly enforcements: readonly number[];
}

const readerOf = (world: World): TimelineReader => {
  const events = new MemoryEventStore();
  for (const startedAt of world.events) {
    events.events.push(
      anApiEvent({ startedAt }),
      anApiEvent({ startedAt, consumerId: 'somebody-else' }),
      anApiEvent({ startedAt, tenant: 'other' }),
    );
  }
  const alerts = new FakeAlertStore();
  for (const openedAt of world.alerts) {
    const alert = anAlert({ entity: ALICE, openedAt, state: 'resolved' });
    alerts.alerts.set(alert.id, alert);
  }
  const enforcements = new FakeEnforcementStore(alerts);
  for (const createdAt of world.enforcements) {
    const id = aUuid();
    enforcements.records.set(id, {
      ...anEnforcement({ id, entity: ALICE, createdAt }),
      saved: { secret: 1 },
      revision: 1,
    });
  }
  return new TimelineReader(timelineSources(events, alerts, enforcements));
};

const idOf = (item: TimelineItem): string =>
  item.kind === 'event' ? item.event.id : item.kind === 'alert' ? item.alert.id : item.enforcement.id;
const nameOf = (item: TimelineItem): string => `${item.kind}:${idOf(item)}`;
const RANK = { event: 0, alert: 1, enforcement: 2 };

const readAll = async (
  reader: TimelineReader,
  query: { include?: TimelineKind[]; order: 'newest' | 'oldest'; limit: number },
) => {
  const items: TimelineItem[] = [];
  const sizes: number[] = [];
  for (let cursor: string | undefined, next: string | null = ''; next !== null; cursor = next ?? undefined) {
    // After the first page the range given no longer counts: it slides with the clock.
    const range = cursor === undefined ? { from: FROM, to: FROM + 10 } : { from: 0, to: 1 };
    const page = await reader.read('default', ALICE, range, { ...query, cursor });
    items.push(...page.data);
    sizes.push(page.data.length);
    next = page.next;
    if (sizes.length > 200) throw new Error('pages do not end');
  }
  return { items, sizes };
};

describe('timeline', () => {
  test('pages put together are the whole: in one order, nothing lost, nothing twice, whatever shares a moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ events: times, alerts: times, enforcements: times }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('newest' as const, 'oldest' as const),
        fc.subarray([...KINDS], { minLength: 1 }),
        async (world, limit, order, include) => {
          const { items, sizes } = await readAll(readerOf(world), { include, order, limit });
          const inRange = (at: number): boolean => at >= FROM && at < FROM + 10;
          const expected = include.reduce((sum, kind) => sum + world[kind].filter(inRange).length, 0);
          expect(items.length).toBe(expected);
          expect(new Set(items.map(nameOf)).size).toBe(expected);
          expect(sizes.slice(0, -1).every((size) => size === limit)).toBe(true);
          const sign = order === 'newest' ? -1 : 1;
          const sorted = [...items].sort((a, b) => sign * (a.at - b.at || RANK[a.kind] - RANK[b.kind]));
          expect(items.map(nameOf)).toEqual(sorted.map(nameOf));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('many enforcements are read oldest first up to a bound, and beyond it the caller is told', async () => {
    const many = (count: number): World => ({
      events: [],
      alerts: [],
      enforcements: Array.from({ length: count }, (_, i) => FROM + (i % 10)),
    });
    expect((await readAll(readerOf(many(450)), { order: 'oldest', limit: 100 })).items).toHaveLength(450);
    await expect(readAll(readerOf(many(2_300)), { order: 'oldest', limit: 100 })).rejects.toMatchObject({
      code: 'range-too-wide',
    });
    expect((await readAll(readerOf(many(2_300)), { order: 'newest', limit: 200 })).items).toHaveLength(2_300);
  });
});

describe('over HTTP', () => {
  let serve: ServeApp;
  const VIEWER = { token: tokenOf('viewer') };
  beforeAll(async () => {
    serve = await serveApp();
    const { events, alerts } = serve.fakes;
    for (let i = 0; i < 5; i++)
      events.events.push(
        anApiEvent({ startedAt: NOW - i * 1_000, consumerCustomId: 'customer 7', clientIp: '2001:db8::1' }),
      );
    await alerts.insert(anAlert({ entity: ALICE, openedAt: NOW - 1_500 }));
  });
  afterAll(() => serve.close());

  test('a consumer is found by id, user name and custom id', async () => {
    for (const name of [ALICE.id, ALICE.id.toUpperCase(), 'alice', encodeURIComponent('customer 7')]) {
      const { status, json } = await serve.ask('GET', `/v1/consumers/${name}/timeline?from=-1h`, VIEWER);
      expect([name, status, json<{ data: unknown[] }>().data.length]).toEqual([name, 200, 6]);
    }
    const { json } = await serve.ask('GET', '/v1/consumers/alice', VIEWER);
    expect(json()).toMatchObject({
      entity: ALICE,
      traffic: { requests: 5 },
      alerts: [{ entity: ALICE }],
      enforcements: [],
    });
    expect((await serve.ask('GET', '/v1/consumers/nobody/timeline', VIEWER)).status).toBe(404);
    expect((await serve.ask('GET', '/v1/consumers/nobody', VIEWER)).status).toBe(404);
  });

  test('an address is found in every notation', async () => {
    for (const address of ['2001:db8::1', '2001:0DB8:0:0::1']) {
      const { json } = await serve.ask('GET', `/v1/addresses/${encodeURIComponent(address)}/timeline`, VIEWER);
      expect(json<{ data: unknown[] }>().data).toHaveLength(5);
    }
  });

  test('pages over HTTP hang together, and the range does not slide between them', async () => {
    const first = (
      await serve.ask('GET', '/v1/consumers/alice/timeline?limit=2&from=-4s&include=events,alerts', VIEWER)
    ).json<{ data: TimelineItem[]; next: string }>();
    serve.fakes.clock.at += 3_000;
    const second = (
      await serve.ask(
        'GET',
        `/v1/consumers/alice/timeline?limit=200&from=-4s&include=events,alerts&cursor=${first.next}`,
        VIEWER,
      )
    ).json<{ data: TimelineItem[]; next: null }>();
    serve.fakes.clock.at -= 3_000;
    expect([...first.data, ...second.data].map((item) => NOW - item.at)).toEqual([
      0, 1_000, 1_500, 2_000, 3_000, 4_000,
    ]);
    expect(second.next).toBeNull();
  });

  test('every query of the event store is bound to a range', () => {
    for (const { from, to } of serve.fakes.events.ranges)
      expect([Number.isFinite(from), to - from <= 401 * 86_400_000]).toEqual([true, true]);
  });
});
