import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PermanentError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import { startKafka, type KafkaService } from '@outrider/services/start-kafka';
import { eventually } from '@outrider/testing/eventually';
import type { Admin } from 'kafkajs';
import { Kafka, logLevel } from './driver.ts';
import type { KafkaBus } from './kafka-bus.ts';
import { kafkaGroupOf, type KafkaBusSettings } from './settings.ts';
import { aKafkaBus, aPrefix, aTopic, kafkaDeps, metricOf, quick } from './testing/kafka.ts';
import { GIVEN_UP_TOPIC } from './topics.ts';

const TOPIC = 'some.v1';
const text = (value: string, key = 'k') => ({ key, value: Buffer.from(value), headers: {} });

let kafka: KafkaService;
let admin: Admin;
beforeAll(async () => {
  kafka = await startKafka();
  admin = new Kafka({ brokers: [kafka.broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(async () => {
  await admin.disconnect();
  await kafka.stop();
});

describe('KafkaBus', () => {
  let prefix: string;
  let deps: ReturnType<typeof kafkaDeps>;
  let open: KafkaBus[] = [];
  const aBus = async (more: Partial<KafkaBusSettings> = {}): Promise<KafkaBus> => {
    deps = kafkaDeps();
    const settings = { ...quick(kafka.broker, prefix), catalogue: [aTopic(TOPIC)], watched: {}, ...more };
    const bus = await aKafkaBus(settings, deps);
    open.push(bus);
    return bus;
  };
  /** As retention does. */
  const deleteBelow = async (topic: string, offset: number): Promise<void> => {
    await admin.fetchTopicOffsets(topic); // kafkajs wants to have seen the topic
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  };
  beforeEach(() => {
    prefix = aPrefix();
    open = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((bus) => bus.stop()));
  });

  test('makes topics as the catalogue says, also when several processes start at once', async () => {
    const catalogue = [aTopic('a.v1', 3), aTopic('b.v1', 1), { ...aTopic('c.v1'), partitions: 'scaled' as const }];
    const buses = await Promise.all([1, 2, 3].map(() => aBus({ catalogue, partitions: 5 })));
    for (const bus of buses)
      expect(['a.v1', 'b.v1', 'c.v1', GIVEN_UP_TOPIC.name].map((topic) => bus.partitions(topic))).toEqual([3, 1, 5, 1]);
    const other = await aBus({ catalogue, partitions: 9 });
    expect(other.partitions('c.v1')).toBe(5);
  });

  test.each(['none', 'gzip', 'lz4'] as const)('carries messages of any size with %s', async (compression) => {
    const bus = await aBus({ compression, maxMessageBytes: 3_000_000 });
    const seen: Delivery[] = [];
    await bus.consume({ topic: TOPIC, group: 'g' }, async (delivery) => void seen.push(delivery));
    const values = [0, 1, 70_000, 3_000_000].map((size) => Buffer.alloc(size, 'some text that repeats. '));
    await bus.publish(
      TOPIC,
      values.map((value) => ({ key: '', value, headers: { empty: '', traceparent: '00-1-2-01' } })),
    );
    await eventually(() => seen.length === values.length);
    expect(seen.every(({ value }, i) => value.equals(values[i] ?? Buffer.alloc(0)))).toBe(true);
    expect(seen[0]?.headers).toEqual({ empty: '', traceparent: '00-1-2-01' });
    await expect(bus.publish(TOPIC, [text('x'.repeat(3_000_001))])).rejects.toBeInstanceOf(PermanentError);
  });

  test('refuses what the broker finds too large, and takes what came with it', async () => {
    const small = await aBus({ maxMessageBytes: 1_024 });
    expect(small.partitions(TOPIC)).toBe(1);
    const large = await aBus({ maxMessageBytes: 1_000_000, compression: 'none' });
    const outcomes = await Promise.allSettled([
      large.publish(TOPIC, [text('first')]),
      large.publish(TOPIC, [text('x'.repeat(900_000))]),
      large.publish(TOPIC, [text('last')]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { name: 'PermanentError', code: 'message-too-large' } });
  });

  test('refuses more than may be pending, and takes it again later', async () => {
    const bus = await aBus({ maxPendingBytes: 10_000 });
    const publishes = Array.from({ length: 10 }, () => bus.publish(TOPIC, [text('x'.repeat(3_000))]));
    const outcomes = await Promise.allSettled(publishes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(outcomes.at(-1)).toMatchObject({ reason: { name: 'TransientError', code: 'bus-busy' } });
    await bus.publish(TOPIC, [text('again')]);
  });

  test('keeps given-up messages, with where they came from and without what the error says', async () => {
    const bus = await aBus();
    await bus.consume({ topic: TOPIC, group: 'g' }, async () => {
      throw new PermanentError('secret text', 'bad-batch');
    });
    await bus.publish(TOPIC, [{ key: 'k', value: Buffer.from('v'), headers: { own: '1' } }]);
    const kept: Delivery[] = [];
    await bus.consume({ topic: GIVEN_UP_TOPIC.name, group: 'look' }, async (delivery) => void kept.push(delivery));
    await eventually(() => kept.length === 1, 30_000);
    expect(kept[0]?.value.toString()).toBe('v');
    expect(kept[0]?.headers).toEqual({
      own: '1',
      'outrider-topic': TOPIC,
      'outrider-partition': '0',
      'outrider-offset': '0',
      'outrider-group': 'g',
      'outrider-error': 'PermanentError',
      'outrider-reason': 'bad-batch',
    });
  });

  test('gives every process of a group without commits what comes from now on, and leaves no group behind', async () => {
    const [one, two] = [await aBus(), await aBus()];
    await one.publish(TOPIC, [text('before')]);
    const seen: string[][] = [[], []];
    const options = { topic: TOPIC, group: 'api', durable: false } as const;
    const subscriptions = [
      await one.consume(options, async ({ value }) => void seen[0]?.push(value.toString())),
      await two.consume(options, async ({ value }) => void seen[1]?.push(value.toString())),
    ];
    await one.publish(TOPIC, [text('after')]);
    await eventually(() => seen.every((texts) => texts.length === 1), 30_000);
    expect(seen).toEqual([['after'], ['after']]);
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.startsWith(prefix))).toEqual([]);
  });

  test('counts what retention deletes under a group that lags, and goes on at the oldest that is left', async () => {
    const bus = await aBus();
    const name = `${prefix}${TOPIC}`;
    const seen: number[] = [];
    const first = await bus.consume({ topic: TOPIC, group: 'g' }, async ({ offset }) => void seen.push(offset));
    await bus.publish(TOPIC, [text('0'), text('1')]);
    await eventually(() => seen.length === 2);
    await first.stop();
    await bus.publish(TOPIC, [text('2'), text('3'), text('4'), text('5')]);
    await deleteBelow(name, 5);
    await bus.consume({ topic: TOPIC, group: 'g' }, async ({ offset }) => void seen.push(offset));
    await eventually(() => seen.includes(5), 30_000);
    expect(seen).toEqual([0, 1, 5]);
    expect(await metricOf(deps.metrics, 'outrider_bus_lost_total')).toBe(3);
  });

  test('sees messages deleted while it waits for handlers, and goes on', async () => {
    const bus = await aBus({ bufferBytes: 1_024 });
    const release: (() => void)[] = [];
    const seen: number[] = [];
    await bus.consume({ topic: TOPIC, group: 'g', maxInFlight: 1 }, async ({ offset }) => {
      seen.push(offset);
      if (offset === 0) await new Promise<void>((resolve) => release.push(resolve));
    });
    await bus.publish(TOPIC, [text('x'.repeat(2_000))]);
    await eventually(() => release.length === 1);
    // Fetched, and beyond the buffer: from here on nothing more is fetched.
    for (let i = 0; i < 6; i += 1) await bus.publish(TOPIC, [text('y'.repeat(2_000))]);
    await deleteBelow(`${prefix}${TOPIC}`, 6);
    for (const done of release) done();
    await eventually(() => seen.includes(6), 30_000);
    const groupId = kafkaGroupOf(prefix, 'g', TOPIC);
    await eventually(async () => {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [`${prefix}${TOPIC}`] });
      return committed?.partitions[0]?.offset === '7';
    });
  });

  test('moves half of the partitions to a second process, tells both, and keeps the others where they are', async () => {
    const catalogue = [aTopic(TOPIC, 6)];
    const told: string[] = [];
    const join = async (name: string): Promise<KafkaBus> => {
      const bus = await aBus({ catalogue });
      bus.onAssignment(TOPIC, 'g', async ({ gained, lost }) => {
        told.push(`${name} +${gained.join()} -${lost.join()}`);
      });
      await bus.consume({ topic: TOPIC, group: 'g' }, async () => undefined);
      return bus;
    };
    await join('a');
    await eventually(() => told.includes('a +0,1,2,3,4,5 -'), 30_000);
    const b = await join('b');
    await eventually(() => told.length === 3, 30_000);
    expect([...told].sort()).toEqual(['a + -3,4,5', 'a +0,1,2,3,4,5 -', 'b +3,4,5 -']);
    await b.stop();
    await eventually(() => told.includes('a +3,4,5 -'), 30_000);
  });
});
