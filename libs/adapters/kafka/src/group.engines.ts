import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka, type KafkaService } from '@outrider/services/start-kafka';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import type { KafkaBus } from './kafka-bus.ts';
import { aKafkaBus, aPrefix, aTopic, quick } from './testing/kafka.ts';
import { StoredBlocks } from './testing/stored-blocks.ts';

const TOPIC = 'blocks.v1';
const PARTITIONS = 6;
const MESSAGES = 12_000;

let kafka: KafkaService;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

describe('several processes of one group', () => {
  let prefix: string;
  let bus: KafkaBus;
  let children: TypescriptChild[] = [];
  let read = new Map<TypescriptChild, number>();
  let stored = new StoredBlocks();

  const child = (): TypescriptChild => {
    const made = new TypescriptChild(new URL('./testing/blocks.child.ts', import.meta.url), [
      kafka.broker,
      prefix,
      TOPIC,
    ]);
    children.push(made);
    return made;
  };
  const look = (): number => {
    for (const one of children) {
      stored.take(one.lines.slice(read.get(one) ?? 0));
      read.set(one, one.lines.length);
    }
    return stored.messages;
  };
  const begin = async (): Promise<void> => {
    prefix = aPrefix();
    stored = new StoredBlocks();
    read = new Map();
    children = [];
    bus = await aKafkaBus({ ...quick(kafka.broker, prefix), catalogue: [aTopic(TOPIC, PARTITIONS)], watched: {} });
  };
  /** In small publishes, so that it lasts for as long as the faults do. */
  const publishAll = async (): Promise<void> => {
    for (let i = 0; i < MESSAGES; i += 60) {
      const messages = Array.from({ length: 60 }, (_, n) => ({
        key: `k${i + n}`,
        value: Buffer.from(String(i + n)),
        headers: {},
      }));
      await bus.publish(TOPIC, messages);
      await sleep(40);
    }
  };
  afterEach(async () => {
    for (const one of children) await one.kill();
    await bus.stop();
  });

  test('stores every message, and each in one block only, while members are killed, hung and replaced', async () => {
    await begin();
    const publishing = publishAll();
    const alive = [child(), child(), child()];
    for (let fault = 0; fault < 5; fault += 1) {
      const before = look();
      await eventually(() => look() > before + 200, 40_000);
      const [victim] = alive.splice(Math.floor(Math.random() * alive.length), 1);
      if (fault % 2 === 0) await victim?.kill();
      else {
        // Longer than a session: it wakes up as a zombie, in the middle of whatever it did.
        victim?.signal('SIGSTOP');
        setTimeout(() => victim?.signal('SIGCONT'), 8_000);
      }
      alive.push(child());
    }
    await publishing;
    await eventually(() => look() >= MESSAGES, 100_000);
    expect(stored.conflicts).toEqual([]);
    expect(stored.messages).toBe(MESSAGES);
  }, 240_000);
});
