import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, entityKey } from '@outrider/domain/traffic/entity';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import { eventually } from '@outrider/testing/eventually';
import { DEFAULT_LIMITS } from '../collect-limits.ts';
import { eventsIn, silentLog } from '../testing/collecting.ts';
import { GatedBus } from '../testing/gated-bus.ts';
import { anEntry, eventOf } from '../testing/log-entry.ts';
import { collectMetrics } from './collect-metrics.ts';
import { EventPublisher, type PublisherSettings } from './event-publisher.ts';
import { laneOf } from './lane-of.ts';

const template = eventOf(anEntry());
const anEvent = (n: number, change: Partial<ApiEvent> = {}): ApiEvent => ({
  ...template,
  id: n.toString(16).padStart(32, '0'),
  startedAt: 1_000_000 + n,
  ...change,
});
const events = (from: number, count: number): ApiEvent[] => Array.from({ length: count }, (_, i) => anEvent(from + i));

const publisherOn = (bus: GatedBus, settings: Partial<PublisherSettings> = {}) => {
  const metrics = new Metrics();
  const publisher = new EventPublisher(
    { bus, clock: systemClock, log: silentLog, metrics: collectMetrics(metrics) },
    { ...DEFAULT_LIMITS, lingerMs: 5, durableLingerMs: 1, retryBaseMs: 1, retryMaxMs: 4, stopMs: 500, ...settings },
  );
  return { publisher, metrics };
};

describe('EventPublisher', () => {
  it('bounds a message by events and by bytes, and says in the headers what it holds', async () => {
    const bus = new GatedBus();
    const { publisher } = publisherOn(bus, { batchEvents: 10, batchBytes: 3_000 });
    await publisher.acceptDurably(events(0, 25));
    expect(eventsIn(bus.published)).toEqual(events(0, 25));
    for (const { topic, message } of bus.published) {
      expect(topic).toBe(EVENTS_TOPIC.name);
      expect(Number(message.headers['count'])).toBeLessThanOrEqual(10);
      expect(message.value.length).toBeLessThan(4_000);
    }
    expect(bus.published[0]?.message).toMatchObject({ key: 'lane-0', headers: { v: '1', first: '1000000' } });
  });

  it('waits for durability: nobody is told before the bus has taken the events', async () => {
    const bus = new GatedBus();
    bus.mode = 'hanging';
    const { publisher } = publisherOn(bus);
    let told = false;
    const durable = publisher.acceptDurably(events(0, 3)).then(() => (told = true));
    await eventually(() => bus.attempts === 1);
    // A second caller, while the first batch hangs.
    const second = publisher.acceptDurably(events(3, 2));
    expect(told).toBe(false);
    bus.release();
    await Promise.all([durable, second]);
    expect(eventsIn(bus.published)).toEqual(events(0, 5));
  });

  it('keeps every event and the order while the bus is away, and pauses the inputs above the mark until it is below the other', async () => {
    const bus = new GatedBus();
    bus.mode = 'away';
    const { publisher } = publisherOn(bus, { batchEvents: 5, highBytes: 10_000, lowBytes: 2_000 });
    const pressure: boolean[] = [];
    publisher.onPressure((full) => pressure.push(full));
    for (let i = 0; i < 100; i++) publisher.accept(events(i, 1));
    expect(publisher.isFull).toBe(true);
    await eventually(() => bus.attempts > 3);
    bus.mode = 'open';
    await eventually(() => publisher.unpublishedBytes === 0);
    expect(pressure).toEqual([true, false]);
    expect(eventsIn(bus.published)).toEqual(events(0, 100));
  });

  it('one caller stays in order and in one partition, over any number of partitions', async () => {
    const bus = new GatedBus();
    bus.partitionCount = 16;
    const { publisher } = publisherOn(bus, { batchEvents: 3 });
    const mixed = Array.from({ length: 400 }, (_, i) =>
      anEvent(
        i,
        i % 3 === 0 ? { credentialId: '', clientIp: `10.0.0.${i % 7}` } : { consumerId: `consumer-${i % 11}` },
      ),
    );
    for (let i = 0; i < mixed.length; i += 20) publisher.accept(mixed.slice(i, i + 20));
    await publisher.acceptDurably([]);
    await publisher.stop();
    const lanes = new Map<string, Set<number | undefined>>();
    const seen = new Map<string, number>();
    for (const published of bus.published)
      for (const event of eventsIn([published])) {
        const caller = entityKey(callerOf(event));
        lanes.set(caller, (lanes.get(caller) ?? new Set()).add(published.message.partition));
        expect(event.startedAt).toBeGreaterThan(seen.get(caller) ?? 0);
        seen.set(caller, event.startedAt);
      }
    expect(eventsIn(bus.published)).toHaveLength(400);
    for (const keys of lanes.values()) expect(keys.size).toBe(1);
    expect(new Set(bus.published.map(({ message }) => message.key)).size).toBeGreaterThan(4);
  });

  it('the lane depends on nothing but the caller', () => {
    fc.assert(
      fc.property(
        fc.record({ consumerId: fc.string(), credentialId: fc.string(), clientIp: fc.string() }),
        fc.integer({ min: 1, max: 64 }),
        (who, lanes) => {
          const lane = laneOf(anEvent(1, who), lanes);
          expect(lane).toBe(laneOf(anEvent(2, { ...who, path: '/other', status: 500 }), lanes));
          expect(lane).toBeGreaterThanOrEqual(0);
          expect(lane).toBeLessThan(lanes);
        },
      ),
    );
  });

  it('what the bus refuses for good is counted, and whoever waited is told', async () => {
    const bus = new GatedBus();
    bus.mode = 'refusing';
    const { publisher, metrics } = publisherOn(bus);
    await expect(publisher.acceptDurably(events(0, 4))).rejects.toThrow('refused');
    expect(await metrics.text()).toContain('outrider_collect_lost_total{reason="bus-refused"} 4');
    expect(publisher.unpublishedBytes).toBe(0);
  });

  it('stop brings everything to the bus, also what lingers', async () => {
    const bus = new GatedBus();
    bus.partitionCount = 4;
    const { publisher } = publisherOn(bus, { lingerMs: 60_000 });
    publisher.accept(events(0, 50));
    await publisher.stop();
    expect(eventsIn(bus.published)).toHaveLength(50);
  });

  it.each(['away', 'hanging'] as const)('stop ends although the bus is %s', async (mode) => {
    const bus = new GatedBus();
    bus.mode = mode;
    const { publisher } = publisherOn(bus, { stopMs: 30 });
    publisher.accept(events(0, 5));
    await publisher.stop();
    expect(eventsIn(bus.published)).toHaveLength(0);
  });
});
