import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@outrider/ports/event-bus';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { aLocalBus, temporaryFolder } from './testing.ts';

const TOPIC = 't.v1';
const KILLS = 12;

describe('LocalBus under kill -9', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('has every acknowledged message exactly once, in order and whole', async () => {
    const acknowledged: number[] = [];
    let next = 0;
    for (let round = 0; round < KILLS; round += 1) {
      const child = new TypescriptChild(new URL('./publisher.child.ts', import.meta.url), [folder.dir, String(next)]);
      const enough = 1 + Math.floor(Math.random() * 200);
      await eventually(() => child.lines.length > enough || !child.running, 20_000);
      await sleep(Math.random() * 20);
      await child.kill();
      if (child.lines.length === 0) throw new Error(child.errors);
      acknowledged.push(...child.lines.map(Number));
      // Four lanes: what was under way at the kill may be there or not, its numbers are not used again.
      next = Math.max(...child.lines.map(Number)) + 8;
    }
    const bus = await aLocalBus(folder.dir, { topics: { [TOPIC]: {} } });
    const stored: Delivery[] = [];
    const end = bus.lag()[0]?.messages ?? 0;
    expect(end).toBeGreaterThanOrEqual(acknowledged.length);
    await bus.consume({ topic: TOPIC, group: 'g' }, async (delivery) => void stored.push(delivery));
    await eventually(() => stored.length >= end, 30_000);
    await bus.stop();
    const numbers = stored.map(({ headers }) => Number(headers['number']));
    expect(stored.map(({ offset }) => offset)).toEqual(stored.map((_, i) => i));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    const there = new Set(numbers);
    expect(acknowledged.filter((number) => !there.has(number))).toEqual([]);
    for (const { headers, value } of stored) {
      const number = Number(headers['number']);
      expect(value.length).toBe(10 + ((number * 7_919) % 20_000));
      expect(value.every((byte) => byte === number % 256)).toBe(true);
    }
  });

  test('handles every message at least once, never commits past an unfinished one, and keeps planned blocks', async () => {
    const total = 600;
    const bus = await aLocalBus(folder.dir, { topics: { [TOPIC]: { groups: ['g'] } } });
    for (let i = 0; i < total; i += 50)
      await bus.publish(
        TOPIC,
        Array.from({ length: 50 }, (_, n) => ({ key: 'k', headers: {}, value: Buffer.from(String(i + n)) })),
      );
    await bus.stop();
    const done = new Set<number>();
    const planned = new Set<number>();
    for (let round = 0; done.size < total; round += 1) {
      const child = new TypescriptChild(new URL('./consumer.child.ts', import.meta.url), [folder.dir]);
      const enough = round < KILLS ? 10 + Math.floor(Math.random() * 60) : Number.MAX_SAFE_INTEGER;
      await eventually(
        () =>
          child.lines.length > enough ||
          done.size + child.lines.length > 3 * total ||
          !child.running ||
          last(child.lines, total),
        20_000,
      );
      await child.kill();
      if (child.lines.length === 0) throw new Error(child.errors);
      for (const line of child.lines) {
        const [kind, offset, through] = line.split(' ');
        if (kind === 'planned') planned.add(Number(offset));
        if (kind !== 'done') continue;
        done.add(Number(offset));
        if (through !== '-') expect(planned.has(Number(through)) || Number(through) % 10 === 9).toBe(true);
      }
      const committed = await committedOf(folder.dir);
      for (let offset = 0; offset < committed; offset += 1)
        if (!done.has(offset)) throw new Error(`${offset} is committed (${committed}) and not done`);
    }
    expect(done.size).toBe(total);
  });
});

const last = (lines: readonly string[], total: number): boolean =>
  lines.some((line) => line.startsWith(`done ${total - 1} `)) && lines.length > 1;

const committedOf = async (dir: string): Promise<number> => {
  const text = await readFile(join(dir, TOPIC, 'groups', 'g.json'), 'utf8');
  return (JSON.parse(text) as { partitions: Record<string, { committed: number }> }).partitions['0']?.committed ?? 0;
};
