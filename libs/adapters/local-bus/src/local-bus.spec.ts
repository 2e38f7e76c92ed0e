import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import { aMessage } from '@outrider/testing/conformance/event-bus.conformance';
import { eventually } from '@outrider/testing/eventually';
import { LocalBus } from './local-bus.ts';
import type { LocalBusSettings } from './settings.ts';
import { aLocalBus, aLocalBusDeps, temporaryFolder } from './testing.ts';

const TOPIC = 't.v1';
const KIB = 1024;

describe('LocalBus', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const buses: LocalBus[] = [];
  const open = async (settings: Partial<LocalBusSettings> = {}, deps = aLocalBusDeps()): Promise<LocalBus> => {
    const bus = await aLocalBus(folder.dir, { topics: { [TOPIC]: { groups: ['g'] } }, ...settings }, deps);
    buses.push(bus);
    return bus;
  };
  const collect = async (bus: LocalBus, group = 'g'): Promise<Delivery[]> => {
    const seen: Delivery[] = [];
    await bus.consume({ topic: TOPIC, group }, async (delivery) => void seen.push(delivery));
    return seen;
  };
  const segments = async (partition = 0): Promise<string[]> =>
    (await readdir(join(folder.dir, TOPIC, String(partition)))).sort();
  const lastSegment = async (): Promise<string> => join(folder.dir, TOPIC, '0', (await segments()).at(-1) ?? '');

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.stop();
    await folder.remove();
  });

  test.each([
    ['a cut body', (file: Buffer) => file.subarray(0, file.length - 3)],
    ['a cut head', (file: Buffer) => Buffer.concat([file, Buffer.from('ORB1')])],
    ['zeros after the end', (file: Buffer) => Buffer.concat([file, Buffer.alloc(5_000)])],
    ['noise after the end', (file: Buffer) => Buffer.concat([file, Buffer.from('ORB1'.repeat(2_000))])],
  ])('opens after a torn write (%s), keeps what came before and appends behind it', async (_kind, tear) => {
    const first = await open();
    await first.publish(TOPIC, [aMessage('one'), aMessage('two'), aMessage('three')]);
    await first.stop();
    const path = await lastSegment();
    const before = await readFile(path);
    const torn = tear(before);
    await writeFile(path, torn);
    const second = await open();
    await second.publish(TOPIC, [aMessage('four')]);
    const seen = await collect(second);
    const expected = torn.length < before.length ? ['one', 'two', 'four'] : ['one', 'two', 'three', 'four'];
    await eventually(() => seen.length === expected.length);
    expect(seen.map(({ value }) => value.toString())).toEqual(expected);
    expect(seen.map(({ offset }) => offset)).toEqual(expected.map((_, i) => i));
  });

  test('passes over a corrupt record in the middle, counts it, and delivers all others once', async () => {
    const deps = aLocalBusDeps();
    const first = await open();
    await first.publish(
      TOPIC,
      Array.from({ length: 10 }, (_, i) => aMessage(`message-${i}`)),
    );
    await first.stop();
    const path = await lastSegment();
    const file = await readFile(path);
    file[file.indexOf('message-4') + 2] = 0x21;
    await writeFile(path, file);
    const second = await open({}, deps);
    const seen = await collect(second);
    await eventually(() => seen.length === 9);
    expect(seen.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
    await eventually(() => second.lag()[0]?.messages === 0);
    expect(await deps.metrics.text()).toContain(`outrider_bus_lost_total{topic="${TOPIC}",group="g"} 1`);
  });

  test('refuses a second bus on the same folder, and takes over the lock of a process that is gone', async () => {
    const first = await open();
    await expect(aLocalBus(folder.dir, { topics: { [TOPIC]: {} } })).rejects.toThrow(
      `in use by process ${process.pid}`,
    );
    await first.stop();
    await writeFile(join(folder.dir, TOPIC, 'lock'), JSON.stringify({ pid: process.pid, startedAt: 'another life' }));
    await expect(open()).resolves.toBeInstanceOf(LocalBus);
  });

  test('takes nothing once unconsumed messages fill the bound, says so, and goes on when they are consumed', async () => {
    const bus = await open({ topics: { [TOPIC]: { maxBytes: 256 * KIB, groups: ['g'] } } });
    let taken = 0;
    const big = aMessage('x'.repeat(20 * KIB));
    const refusal = await (async () => {
      for (;;) {
        const error: unknown = await bus.publish(TOPIC, [big]).then(
          () => undefined,
          (e: unknown) => e,
        );
        if (error !== undefined) return error;
        taken += 1;
      }
    })();
    expect(refusal).toBeInstanceOf(TransientError);
    expect(taken).toBe(12);
    expect(bus.pressure(TOPIC)).toBe(1);
    const seen = await collect(bus);
    await eventually(() => seen.length === taken && bus.lag()[0]?.messages === 0);
    await eventually(() =>
      bus.publish(TOPIC, [big]).then(
        () => true,
        () => false,
      ),
    );
    await eventually(() => seen.length === taken + 1);
    expect(seen.map(({ offset }) => offset)).toEqual(Array.from({ length: taken + 1 }, (_, i) => i));
  });

  test.each(['ENOSPC', 'EDQUOT', 'EIO'])('leaves no part of a message behind when the disk says %s', async (code) => {
    const { PartitionLog } = await import('./partition-log.ts');
    const bus = await open();
    await bus.publish(TOPIC, [aMessage('before')]);
    const sync = jest
      .spyOn(PartitionLog.prototype, 'sync')
      .mockRejectedValueOnce(Object.assign(new Error(code), { code }));
    await expect(bus.publish(TOPIC, [aMessage('lost'), aMessage('lost too')])).rejects.toBeInstanceOf(TransientError);
    sync.mockRestore();
    await bus.publish(TOPIC, [aMessage('after')]);
    await bus.stop();
    const seen = await collect(await open());
    await eventually(() => seen.length === 2);
    expect(seen.map(({ value, offset }) => [value.toString(), offset])).toEqual([
      ['before', 0],
      ['after', 1],
    ]);
  });

  test('refuses a message that is too large for good, and an empty publish takes nothing', async () => {
    const bus = await open({ maxMessageBytes: 10 * KIB });
    await expect(bus.publish(TOPIC, [aMessage('x'.repeat(11 * KIB))])).rejects.toBeInstanceOf(PermanentError);
    await bus.publish(TOPIC, []);
    expect(bus.lag()[0]?.messages).toBe(0);
  });

  test('deletes consumed segments after their time, and none that a group still needs', async () => {
    let now = 1_000_000_000_000;
    const deps = { ...aLocalBusDeps(), clock: { now: () => now } };
    const bus = await open(
      { segmentBytes: 4 * KIB, maintenanceMs: 10, topics: { [TOPIC]: { retentionHours: 1, groups: ['g', 'slow'] } } },
      deps,
    );
    for (let i = 0; i < 20; i += 1) await bus.publish(TOPIC, [aMessage('x'.repeat(KIB))]);
    const all = (await segments()).length;
    await collect(bus, 'g');
    await eventually(() => bus.lag().find(({ group }) => group === 'g')?.messages === 0);
    now += 2 * 3_600_000;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await segments()).length).toBe(all);
    await collect(bus, 'slow');
    await eventually(async () => (await segments()).length === 1);
    await bus.stop();
    const again = await open();
    await again.publish(TOPIC, [aMessage('next')]);
    expect(
      (await collect(again))[0] ?? (await eventually(() => again.lag().find(({ messages }) => messages >= 0))),
    ).toBeDefined();
  });

  test('lets a group that lags read the disk in order, over many segments', async () => {
    const bus = await open({ segmentBytes: 64 * KIB, tailBytes: 8 * KIB });
    const sent = Array.from({ length: 300 }, (_, i) => `${i}:${'y'.repeat(i * 7)}`);
    for (let i = 0; i < sent.length; i += 10)
      await bus.publish(
        TOPIC,
        sent.slice(i, i + 10).map((text) => aMessage(text)),
      );
    expect((await segments()).length).toBeGreaterThan(3);
    const seen = await collect(bus);
    await eventually(() => seen.length === sent.length);
    expect(seen.map(({ value }) => value.toString())).toEqual(sent);
    await eventually(() => bus.lag()[0]?.bytes === 0);
  });

  test('keeps messages of one key in one partition and in order, also after a restart', async () => {
    const settings = { topics: { [TOPIC]: { partitions: 4, groups: ['g'] } } };
    const first = await open(settings);
    await first.publish(
      TOPIC,
      Array.from({ length: 80 }, (_, i) => aMessage(String(i), `key-${i % 8}`)),
    );
    await first.stop();
    const second = await open({ topics: { [TOPIC]: { partitions: 1 } } });
    await second.publish(
      TOPIC,
      Array.from({ length: 80 }, (_, i) => aMessage(String(80 + i), `key-${i % 8}`)),
    );
    const seen = await collect(second);
    await eventually(() => seen.length === 160);
    for (let key = 0; key < 8; key += 1) {
      const mine = seen.filter((delivery) => delivery.key === `key-${key}`);
      expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1);
      expect(mine.map(({ value }) => Number(value.toString()))).toEqual(
        Array.from({ length: 20 }, (_, i) => key + 8 * i),
      );
    }
    expect(new Set(seen.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  test('gives a group without a memory only what comes after it, and holds nothing back for it', async () => {
    const bus = await open();
    await bus.publish(TOPIC, [aMessage('before')]);
    const seen: string[] = [];
    await bus.consume(
      { topic: TOPIC, group: 'live', durable: false },
      async ({ value }) => void seen.push(value.toString()),
    );
    await bus.publish(TOPIC, [aMessage('after')]);
    await eventually(() => seen.length === 1);
    expect(seen).toEqual(['after']);
    expect(bus.lag().map(({ group }) => group)).toEqual(['g']);
  });

  test('hands out no more than the bound, but a planned block whole', async () => {
    const first = await open();
    await first.publish(
      TOPIC,
      Array.from({ length: 20 }, (_, i) => aMessage(String(i))),
    );
    let handed = 0;
    const never = new Promise<void>(() => undefined);
    const consumer = await first.consume(
      { topic: TOPIC, group: 'g', maxInFlight: 8, stopTimeoutMs: 10 },
      async (delivery) => {
        handed += 1;
        if (delivery.offset === 7) await delivery.plan(7);
        await never;
      },
    );
    await eventually(() => handed === 8);
    await consumer.stop();
    expect(handed).toBe(8);
    await first.stop();
    const second = await open();
    const offsets: number[] = [];
    await second.consume({ topic: TOPIC, group: 'g', maxInFlight: 2, stopTimeoutMs: 10 }, async ({ offset }) => {
      offsets.push(offset);
      await never;
    });
    await eventually(() => offsets.length === 8);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('redelivers all of a failed block together and in order, still planned', async () => {
    const bus = await open();
    const rounds: { offset: number; plannedThrough: number | undefined }[] = [];
    let fail = true;
    let last: Delivery | undefined;
    const waiting: { resolve(): void; reject(error: Error): void }[] = [];
    await bus.consume({ topic: TOPIC, group: 'g' }, async (delivery) => {
      rounds.push({ offset: delivery.offset, plannedThrough: delivery.plannedThrough });
      last = delivery;
      const mine = new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
      if (waiting.length === 4) {
        await last.plan(3);
        for (const { resolve, reject } of waiting.splice(0).reverse())
          (fail ? () => reject(new TransientError('store away')) : resolve)();
        fail = false;
      }
      await mine;
    });
    await bus.publish(
      TOPIC,
      ['a', 'b', 'c', 'd'].map((text) => aMessage(text)),
    );
    await eventually(() => rounds.length === 8 && bus.lag()[0]?.messages === 0);
    expect(rounds.slice(4)).toEqual([0, 1, 2, 3].map((offset) => ({ offset, plannedThrough: 3 })));
  });

  test('keeps a message whose dead letter could not be kept', async () => {
    const bus = await open();
    let refusals = 1;
    const kept: number[] = [];
    await bus.consume(
      {
        topic: TOPIC,
        group: 'g',
        onDeadLetter: ({ offset }) => {
          if (refusals-- > 0) throw new Error('the store is away');
          kept.push(offset);
        },
      },
      async () => {
        throw new Error('unreadable');
      },
    );
    await bus.publish(TOPIC, [aMessage('x')]);
    await eventually(() => kept.length === 1 && bus.lag()[0]?.messages === 0);
  });

  test('tells how far a group is behind, in messages, bytes and time', async () => {
    let now = 1_000_000_000_000;
    const bus = await open({}, { ...aLocalBusDeps(), clock: { now: () => now } });
    await bus.publish(TOPIC, [aMessage('a'), aMessage('b')]);
    now += 5_000;
    expect(bus.lag()).toEqual([
      { topic: TOPIC, group: 'g', partition: 0, messages: 2, bytes: expect.any(Number), ageMs: 5_000 },
    ]);
    await collect(bus);
    await eventually(() => bus.lag()[0]?.messages === 0);
    expect(bus.lag()[0]).toMatchObject({ bytes: 0, ageMs: 0 });
  });

  test('rejects a publish after the stop as something that may pass', async () => {
    const bus = await open();
    await bus.stop();
    await expect(bus.publish(TOPIC, [aMessage('late')])).rejects.toBeInstanceOf(TransientError);
  });
});
