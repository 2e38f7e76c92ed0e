import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerPartition } from '@outrider/domain/traffic/caller-partition';
import { callerOf } from '@outrider/domain/traffic/entity';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { keyGuessing, loop, pathScan } from '@outrider/testing/traffic/attacks';
import { exampleEstate } from '@outrider/testing/traffic/example-estate';
import { Random } from '@outrider/testing/traffic/random';
import { SharedBus, type Member } from './testing/shared-bus.ts';
import { AT, flood, guesses, MINUTE_MS, ordinary, PARTITIONS, StageRun } from './testing/stage-run.ts';

let store: FakeEventStore;
let alerts: FakeAlertStore;
beforeEach(() => {
  store = new FakeEventStore();
  alerts = new FakeAlertStore();
});

/** A process that has nothing yet. */
class Analyzer implements Member {
  readonly run = new StageRun(store, alerts, []);
  assign(change: Parameters<Member['assign']>[0]): Promise<void> {
    return this.run.partitions.assign(change);
  }
  takeEvents(delivery: Parameters<Member['takeEvents']>[0]): Promise<void> {
    return this.run.ingest.takeEvents(delivery);
  }
}

const partitionOf = (event: ApiEvent): number => {
  const { kind, id } = callerOf(event);
  return kind === 'ip' || kind === 'credential' || kind === 'consumer' ? callerPartition(kind, id, PARTITIONS) : 0;
};
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const raised = (): string[] => [...alerts.alerts.values()].map(({ type, entity }) => `${type} ${entity.name}`).sort();

/** Messages of at most `size` events of one partition each, in the order in which collect would send them. */
const messagesOf = (events: readonly ApiEvent[], size: number): { partition: number; events: ApiEvent[] }[] => {
  const messages: { partition: number; events: ApiEvent[] }[] = [];
  const open = new Map<number, ApiEvent[]>();
  for (const event of events) {
    const partition = partitionOf(event);
    const batch = open.get(partition) ?? [];
    if (batch.length === 0) messages.push({ partition, events: batch });
    open.set(partition, batch);
    batch.push(event);
    if (batch.length >= size) open.delete(partition);
  }
  return messages;
};

const publish = (bus: SharedBus, events: readonly ApiEvent[], size = 20): void => {
  for (const { partition, events: batch } of messagesOf(events, size)) bus.publish(partition, batch);
};

describe('a partition that moves in the middle of an attack', () => {
  const attacks = {
    'brute-force': guesses(16),
    'request-spike': [...ordinary(), ...flood()],
  } as const;
  const ways = {
    'in an orderly way': { told: true },
    'because its owner died': { told: false },
    'while its owner goes on, unaware': { told: false, zombie: true },
  } as const;

  describe.each(Object.keys(ways) as (keyof typeof ways)[])('%s', (way) => {
    it.each(Object.keys(attacks) as (keyof typeof attacks)[])('%s is one alert over both halves', async (type) => {
      const events = attacks[type];
      const unbroken = new Analyzer();
      const alone = new SharedBus(PARTITIONS);
      await alone.move(ALL, unbroken);
      publish(alone, events);
      await alone.settled();
      const expected = [...alerts.alerts.values()].map(({ observed }) => observed);
      expect(raised()).toEqual([`${type} ${type === 'brute-force' ? '192.0.2.15' : 'alice'}`]);

      for (const share of [0.3, 0.6, 0.95]) {
        store = new FakeEventStore();
        alerts = new FakeAlertStore();
        const bus = new SharedBus(PARTITIONS);
        const [a, b] = [new Analyzer(), new Analyzer()];
        await bus.move(ALL, a);
        const cut = Math.floor(events.length * share);
        const last = Math.max(0, cut - 40);
        publish(bus, events.slice(0, last));
        await bus.settled();
        // What it observes from here on is never stored by it.
        a.run.frozen = way !== 'in an orderly way';
        publish(bus, events.slice(last, cut), 5);
        if (way === 'in an orderly way') await bus.settled();
        await a.run.ingest.turn(() => undefined);
        await bus.move(ALL, b, ways[way]);
        publish(bus, events.slice(cut));
        await bus.settled();
        expect({
          share,
          raised: raised(),
          observed: [...alerts.alerts.values()].map(({ observed }) => observed),
        }).toEqual({
          share,
          raised: [`${type} ${type === 'brute-force' ? '192.0.2.15' : 'alice'}`],
          observed: expected,
        });
        expect(new Set(store.events.map(({ event }) => event.id)).size).toBe(events.length);
        expect(store.events).toHaveLength(events.length);
      }
    });
  });
});

/** Half an hour of an estate with jobs, an outage, a surge of everybody and a stale fleet; a loop, a guesser and a scanner among them. */
const aBusyHalfHour = (seed: number): readonly ApiEvent[] => {
  const from = AT - 30 * MINUTE_MS;
  const options = { seed, from, durationMs: 30 * MINUTE_MS, consumers: 16, scale: 0.5 };
  const { estate } = exampleEstate(options, (base) => {
    const target = base.styles.find(({ kind }) => kind === 'human');
    if (!target) throw new Error('no people');
    const outsider = (name: string, ip: string) => ({ name, consumer: false, ips: [ip], services: ['public'] });
    return [
      loop(target.style, from + 22 * MINUTE_MS, 5 * MINUTE_MS, 50 * Math.max(10, target.busiestMinute)),
      keyGuessing(outsider('guesser', '192.0.2.15'), from + 18 * MINUTE_MS, 2 * MINUTE_MS, 40),
      pathScan(outsider('scanner', '192.0.2.99'), from + 25 * MINUTE_MS, 2 * MINUTE_MS, 120),
    ];
  });
  return [...estate.chunks()].flat();
};

/** Moves partitions about at random: in order, by deaths (with what was observed and never stored), with zombies. */
const disturbed = async (messages: ReturnType<typeof messagesOf>, random: Random): Promise<string> => {
  const bus = new SharedBus(PARTITIONS);
  let members = [new Analyzer(), new Analyzer()];
  const story: string[] = [];
  const other = (not: Member | undefined): Analyzer => {
    const rest = members.filter((member) => member !== not);
    return rest[random.integer(0, rest.length - 1)] ?? new Analyzer();
  };
  for (const partition of ALL) await bus.move([partition], other(undefined));
  const moves = Array.from({ length: random.integer(2, 5) }, () => random.integer(0, messages.length - 1));
  for (const [i, { partition, events }] of messages.entries()) {
    bus.publish(partition, events);
    // Members run apart by some messages at most; the rest is in flight when something moves.
    if (i % 8 === 0) await bus.settled();
    if (!moves.includes(i)) continue;
    const from = members[random.integer(0, members.length - 1)];
    const way = random.pick(['orderly', 'dead', 'zombie'] as const);
    if (!from) continue;
    const owned = bus.ownedBy(from);
    const moved = way === 'orderly' ? owned.filter(() => random.next() < 0.6) : owned;
    story.push(`${way} ${moved.join(',')} at ${i}`);
    if (way === 'dead') {
      from.run.frozen = true;
      await from.run.ingest.turn(() => undefined);
    }
    if (way !== 'orderly') members = [...members.filter((member) => member !== from), new Analyzer()];
    const to = other(from);
    await bus.move(moved, to, { told: way === 'orderly', zombie: way === 'zombie' });
  }
  await bus.settled();
  return story.join('; ');
};

it.each([2, 3, 5])(
  'whatever moves when, the alerts are those of a run that nothing disturbed (seed %d)',
  async (seed) => {
    const random = new Random(seed * 7919);
    const events = aBusyHalfHour(1 + (seed % 3));
    const messages = messagesOf(events, random.integer(10, 60));
    const alone = new SharedBus(PARTITIONS);
    await alone.move(ALL, new Analyzer());
    for (const message of messages) alone.publish(message.partition, message.events);
    await alone.settled();
    const undisturbed = raised();
    expect(undisturbed.length).toBeGreaterThanOrEqual(3);
    store = new FakeEventStore();
    alerts = new FakeAlertStore();
    const story = await disturbed(messages, random);
    expect({ story, raised: raised() }).toEqual({ story, raised: undisturbed });
    expect(store.events).toHaveLength(events.length);
    expect([...alerts.alerts.values()].filter(({ state }) => state === 'resolved')).toEqual([]);
  },
);
