import { afterEach, describe, expect, test } from '@jest/globals';
import { FinishedRun } from '@outrider/platform/bus/finished-run';
import { InFlight } from '@outrider/platform/bus/in-flight';
import { TransientError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import { eventually } from '@outrider/testing/eventually';
import { PartitionConsumer, type ConsumerHooks, type FetchedRecord } from './partition-consumer.ts';
import { hooksOf } from './testing/hooks.ts';
import { kafkaDeps } from './testing/kafka.ts';

const aRecord = (offset: number): FetchedRecord => ({
  offset,
  key: 'k',
  value: Buffer.from(String(offset)),
  headers: {},
  appendedAt: 1,
  bytes: 10,
});
const records = (from: number, to: number): FetchedRecord[] =>
  Array.from({ length: to - from + 1 }, (_, i) => aRecord(from + i));

describe('PartitionConsumer', () => {
  let consumer: PartitionConsumer;
  const begin = (hooks: Partial<ConsumerHooks>, run = new FinishedRun(0, []), inFlight = new InFlight(100, 1_000)) => {
    consumer = new PartitionConsumer(
      't',
      0,
      run,
      inFlight,
      hooksOf({ onSettled: () => consumer.wake.raise(), ...hooks }),
      kafkaDeps().log,
    );
    consumer.start();
    return run;
  };
  afterEach(() => consumer.stopped());

  test('counts what retention has deleted between two fetches as lost, and goes on', async () => {
    let lost = 0;
    const run = begin({ onLost: (_, offsets) => (lost += offsets) });
    consumer.offer(records(0, 2), 3);
    consumer.offer(records(10, 11), 12);
    await eventually(() => run.committable === 12);
    expect(lost).toBe(7);
  });

  test('passes over marks of Kafka within and behind a fetch without calling them lost', async () => {
    let lost = 0;
    const run = begin({ onLost: (_, offsets) => (lost += offsets) });
    consumer.offer([aRecord(0), aRecord(2)], 4);
    consumer.offer([aRecord(4)], 5);
    await eventually(() => run.committable === 5);
    expect(lost).toBe(0);
  });

  test('hands nothing out twice when a fetch brings what is there already', async () => {
    const seen: number[] = [];
    begin({ handle: async ({ offset }) => void seen.push(offset) });
    consumer.offer(records(0, 3), 4);
    consumer.offer(records(2, 5), 6);
    await eventually(() => seen.length === 6);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('hands nothing out while the group rebalances, and goes on after it', async () => {
    let stable = false;
    const seen: number[] = [];
    begin({ mayHand: () => stable, handle: async ({ offset }) => void seen.push(offset) });
    consumer.offer(records(0, 1), 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([]);
    stable = true;
    consumer.wake.raise();
    await eventually(() => seen.length === 2);
  });

  test('hands out a planned block whole, however few messages may be in flight', async () => {
    const seen: Delivery[] = [];
    const handle = async (delivery: Delivery): Promise<void> => {
      seen.push(delivery);
      await new Promise(() => undefined);
    };
    begin({ handle }, new FinishedRun(5, [9]), new InFlight(2, 1_000));
    consumer.offer(records(5, 12), 13);
    await eventually(() => seen.length === 5);
    expect(seen.map(({ plannedThrough }) => plannedThrough)).toEqual([9, 9, 9, 9, 9]);
  });

  test('does not tell a plan to a handler before it is durable', async () => {
    let durable = (): void => undefined;
    const seen: (number | undefined)[] = [];
    const run = begin({
      plansDurable: () => new Promise((resolve) => (durable = resolve)),
      handle: async ({ plannedThrough }) => {
        seen.push(plannedThrough);
        if (seen.length === 1) {
          run.plan(3);
          throw new TransientError('not now');
        }
      },
    });
    consumer.offer(records(0, 0), 1);
    const wait = await eventually(() => (durable.length === 1 ? durable : undefined));
    expect(seen).toEqual([undefined]);
    wait();
    await eventually(() => seen.length === 2);
    expect(seen[1]).toBe(3);
  });

  test('gives up nothing of a partition that is lost: its new owner decides', async () => {
    const given: number[] = [];
    let fail = (): void => undefined;
    begin({
      handle: () => new Promise((_, reject) => (fail = () => reject(new Error('bug')))),
      deadLetter: async ({ offset }) => void given.push(offset),
    });
    consumer.offer(records(0, 0), 1);
    await eventually(() => fail.length === 0 && consumer.queuedMessages === 0);
    consumer.close();
    fail();
    await consumer.stopped();
    expect(given).toEqual([]);
  });
});
