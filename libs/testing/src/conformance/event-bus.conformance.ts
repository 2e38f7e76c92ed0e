import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import type { Assignment, ConsumableBus, Delivery, OutgoingMessage } from '@outrider/ports/event-bus';
import { eventually } from '../eventually.ts';

/** One run of a bus. */
export interface BusUnderTest {
  readonly bus: ConsumableBus;
  consume(
    topic: string,
    group: string,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

/** A bus that can be closed and opened again on what it kept; one partition a topic. */
export interface BusStorage {
  open(): Promise<BusUnderTest>;
  dispose(): Promise<void>;
}

export const aMessage = (text: string, key = 'k'): OutgoingMessage => ({ key, value: Buffer.from(text), headers: {} });
const TOPIC = 'conformance.v1';

/** What each implementation of EventBus and its transport must do. */
export const eventBusConformance = (name: string, make: () => Promise<BusStorage>): void => {
  describe(`${name} as EventBus`, () => {
    let storage: BusStorage;
    let run: BusUnderTest;
    const reopen = async (): Promise<void> => {
      await run.close();
      run = await storage.open();
    };
    const publish = (...texts: string[]): Promise<void> =>
      run.bus.publish(
        TOPIC,
        texts.map((text) => aMessage(text)),
      );

    beforeEach(async () => {
      storage = await make();
      run = await storage.open();
    });
    afterEach(async () => {
      await run.close();
      await storage.dispose();
    });

    test('gives every group every message, in order, with its key, headers and value', async () => {
      const seen: Record<string, Delivery[]> = { one: [], two: [] };
      for (const group of ['one', 'two'])
        await run.consume(TOPIC, group, async (delivery) => void seen[group]?.push(delivery));
      const sent: OutgoingMessage[] = Array.from({ length: 50 }, (_, i) => ({
        key: `ключ-${i}`,
        value: Buffer.from([i, 0, 255]),
        headers: { n: String(i) },
      }));
      await run.bus.publish(TOPIC, sent.slice(0, 20));
      await run.bus.publish(TOPIC, sent.slice(20));
      for (const got of Object.values(seen)) {
        await eventually(() => got.length === 50);
        expect(got.map(({ key, value, headers }) => ({ key, value: [...value], headers }))).toEqual(
          sent.map(({ key, value, headers }) => ({ key, value: [...value], headers })),
        );
        expect(got.map(({ offset }) => offset)).toEqual(sent.map((_, i) => i));
      }
    });

    test('goes on after a restart where the group had finished, and forgets nothing unfinished', async () => {
      const first: string[] = [];
      const consumer = await run.consume(TOPIC, 'g', async ({ value }) => {
        first.push(value.toString());
        if (value.toString() === 'c') await new Promise(() => undefined);
      });
      await publish('a', 'b', 'c', 'd');
      await eventually(() => first.length === 4);
      await consumer.stop();
      await reopen();
      const second: string[] = [];
      await run.consume(TOPIC, 'g', async ({ value }) => void second.push(value.toString()));
      await publish('e');
      await eventually(() => second.includes('e'));
      expect(second).toEqual(['c', 'd', 'e']);
    });

    test('keeps what was published before the group first consumed', async () => {
      await publish('early');
      await reopen();
      const seen: string[] = [];
      await run.consume(TOPIC, 'new', async ({ value }) => void seen.push(value.toString()));
      await eventually(() => seen.length === 1);
    });

    test('delivers again after a TransientError, and then goes on in order', async () => {
      const seen: string[] = [];
      let failures = 2;
      await run.consume(TOPIC, 'g', async ({ value }) => {
        seen.push(value.toString());
        if (value.toString() === 'b' && failures-- > 0) throw new TransientError('not now');
      });
      await publish('a');
      await eventually(() => seen.length === 1);
      await publish('b');
      await eventually(() => seen.filter((text) => text === 'b').length === 3);
      await publish('c');
      await eventually(() => seen.includes('c'));
      expect(seen).toEqual(['a', 'b', 'b', 'b', 'c']);
    });

    test('sets a message aside after any other error', async () => {
      const seen: string[] = [];
      await run.consume(TOPIC, 'g', async ({ value }) => {
        seen.push(value.toString());
        if (value.toString() === 'bad') throw new Error('unreadable');
      });
      await publish('bad', 'good');
      await eventually(() => seen.includes('good'));
      expect(seen).toEqual(['bad', 'good']);
    });

    test('brings a planned block back as it was, and commits it whole or not at all', async () => {
      const handed: Delivery[] = [];
      const never = new Promise<void>(() => undefined);
      const consumer = await run.consume(TOPIC, 'g', async (delivery) => {
        handed.push(delivery);
        if (delivery.offset === 0) return;
        // The block 1…3 is planned by its last message; 1 and 2 finish, 3 does not.
        if (delivery.offset === 3) {
          await delivery.plan(3);
          await never;
        }
        if (delivery.offset > 3) await never;
      });
      await publish('0', '1', '2', '3', '4', '5');
      await eventually(() => handed.length === 6);
      await consumer.stop();
      await reopen();
      const again: Delivery[] = [];
      await run.consume(TOPIC, 'g', async (delivery) => void again.push(delivery));
      await eventually(() => again.some(({ offset }) => offset === 5));
      const block = again.filter(({ plannedThrough }) => plannedThrough !== undefined);
      expect(block.at(-1)?.offset).toBe(3);
      expect(new Set(block.map(({ plannedThrough }) => plannedThrough))).toEqual(new Set([3]));
      expect(again.filter(({ offset }) => offset > 3).map(({ plannedThrough }) => plannedThrough)).toEqual([
        undefined,
        undefined,
      ]);
    });

    test('says which partitions it gained before the first message of them comes', async () => {
      const order: string[] = [];
      const heard: Assignment[] = [];
      run.bus.onAssignment(TOPIC, 'g', async (assignment) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        heard.push(assignment);
        order.push('assigned');
      });
      await publish('a');
      await run.consume(TOPIC, 'g', async () => void order.push('message'));
      await eventually(() => order.includes('message'));
      expect(order).toEqual(['assigned', 'message']);
      expect(heard).toEqual([{ topic: TOPIC, group: 'g', gained: [0], lost: [] }]);
    });

    test('puts a message that names its partition there, whatever its key', async () => {
      expect(run.bus.partitions(TOPIC)).toBe(1);
      const seen: number[] = [];
      await run.consume(TOPIC, 'g', async ({ partition }) => void seen.push(partition));
      await run.bus.publish(TOPIC, [{ ...aMessage('a', 'some key'), partition: 0 }]);
      await eventually(() => seen.length === 1);
      expect(seen).toEqual([0]);
    });

    test('hands out several messages at a time', async () => {
      let side = 0;
      let most = 0;
      const release: (() => void)[] = [];
      await run.consume(TOPIC, 'g', async () => {
        side += 1;
        most = Math.max(most, side);
        await new Promise<void>((resolve) => release.push(resolve));
        side -= 1;
      });
      await publish('a', 'b', 'c', 'd');
      await eventually(() => most === 4);
      for (const done of release) done();
    });

    test('feels more pressure while a group falls behind, and none once it has caught up', async () => {
      let open = false;
      const waiting: (() => void)[] = [];
      await run.consume(TOPIC, 'g', async () => {
        if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
      });
      await publish('x'.repeat(50_000));
      await eventually(() => run.bus.pressure(TOPIC) > 0);
      open = true;
      for (const done of waiting) done();
      await eventually(() => run.bus.pressure(TOPIC) === 0);
    });
  });
};
