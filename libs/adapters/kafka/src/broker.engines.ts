import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '@outrider/platform/errors';
import { startKafka, type KafkaService } from '@outrider/services/start-kafka';
import { eventually } from '@outrider/testing/eventually';
import type { KafkaBus } from './kafka-bus.ts';
import { aKafkaBus, aPrefix, aTopic, kafkaDeps, quick } from './testing/kafka.ts';

const TOPIC = 'load.v1';
const PARTITIONS = 3;

let kafka: KafkaService;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

describe('a broker that fails', () => {
  let sender: KafkaBus;
  let receiver: KafkaBus;
  let loading = true;
  let load: Promise<void>;
  const acknowledged = new Set<string>();
  const received: string[] = [];
  let refusals: string[] = [];

  /** Numbers for each key, repeated until they are acknowledged, as collectors do. */
  const send = async (key: string): Promise<void> => {
    for (let n = 0; loading; n += 1) {
      const text = `${key} ${n}`;
      for (;;)
        try {
          await sender.publish(TOPIC, [{ key, value: Buffer.from(text), headers: {} }]);
          acknowledged.add(text);
          break;
        } catch (error) {
          if (!(error instanceof TransientError)) throw error;
          refusals.push(error.code);
          await sleep(50);
        }
      await sleep(5);
    }
  };
  const goesOn = async (): Promise<void> => {
    const before = { acknowledged: acknowledged.size, received: received.length };
    await eventually(
      () => acknowledged.size > before.acknowledged + 50 && received.length > before.received + 50,
      60_000,
    );
  };

  beforeEach(async () => {
    const prefix = aPrefix();
    const settings = { ...quick(kafka.broker, prefix), catalogue: [aTopic(TOPIC, PARTITIONS)], watched: {} };
    sender = await aKafkaBus(settings);
    receiver = await aKafkaBus(settings, kafkaDeps());
    acknowledged.clear();
    received.length = 0;
    refusals = [];
    loading = true;
    await receiver.consume({ topic: TOPIC, group: 'g' }, async ({ value, offset, plan }) => {
      received.push(value.toString());
      if (offset % 5 === 0) await plan(offset);
    });
    load = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(send)).then(() => undefined);
    await goesOn();
  });
  afterEach(async () => {
    loading = false;
    await load;
    await sender.stop();
    await receiver.stop();
  });
  /** Everything acknowledged arrives, and the first arrivals of one key are in order. */
  const expectNothingLost = async (): Promise<void> => {
    loading = false;
    await load;
    await eventually(() => {
      const got = new Set(received);
      return [...acknowledged].every((text) => got.has(text));
    }, 60_000);
    const highest = new Map<string, number>();
    for (const text of new Set(received)) {
      const [key = '', n = ''] = text.split(' ');
      expect(Number(n)).toBe((highest.get(key) ?? -1) + 1);
      highest.set(key, Number(n));
    }
  };

  test('loses nothing that was acknowledged when the broker is killed and comes back, again and again', async () => {
    for (let round = 0; round < 3; round += 1) {
      kafka.kill('SIGKILL');
      await sleep(Math.random() * 1_000);
      await kafka.restart();
      await goesOn();
    }
    await expectNothingLost();
  });

  test('waits for a broker that is stopped for 30 s, says so to publishers and to health, and goes on', async () => {
    kafka.kill('SIGTERM');
    await eventually(() => refusals.length > 0, 40_000);
    await expect(receiver.ping()).rejects.toBeInstanceOf(TransientError);
    await sleep(20_000);
    await kafka.restart();
    await goesOn();
    await receiver.ping();
    await expectNothingLost();
    expect(refusals.filter((code) => !['bus-away', 'bus-unconfirmed'].includes(code))).toEqual([]);
  });

  test('goes on after a broker that hung for 20 s', async () => {
    kafka.pause();
    await sleep(20_000);
    kafka.resume();
    await goesOn();
    await expectNothingLost();
  });
});
