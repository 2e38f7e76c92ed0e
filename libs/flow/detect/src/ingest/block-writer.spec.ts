import { describe, expect, it } from '@jest/globals';
import { TransientError } from '@outrider/platform/errors';
import type { EventBlock } from '@outrider/ports/event-store';
import { BlockWriter } from './block-writer.ts';

const setUp = (failures = 0, maxRows = 4, maxAgeMs = 5) => {
  const steps: string[] = [];
  const blocks: EventBlock[] = [];
  let left = failures;
  const writer = new BlockWriter('t', 3, {
    maxAgeMs: () => maxAgeMs,
    maxRows,
    maxMessages: 3,
    insert: async (block) => {
      if (left-- > 0) throw new TransientError('away');
      steps.push(`insert ${block.token}`);
      blocks.push(block);
    },
    onStored: () => undefined,
    onRetry: () => undefined,
    random: () => 0,
  });
  const delivery = (offset: number, plannedThrough?: number) => ({
    offset,
    appendedAt: 1_000 + offset,
    plannedThrough,
    plan: async (through: number) => void steps.push(`plan ${through}`),
  });
  return { writer, steps, blocks, delivery };
};

describe('BlockWriter', () => {
  it('makes the extent of a block durable before it stores it, under a token of that extent', async () => {
    const { writer, steps, blocks, delivery } = setUp();
    await Promise.all([writer.add(delivery(7), ['a', 'b']), writer.add(delivery(8), ['c'])]);
    expect(steps).toEqual(['plan 8', 'insert t/3/7-8@1007']);
    expect(blocks[0]?.rows).toEqual(['a', 'b', 'c']);
  });

  it('forms a planned block again exactly, whatever its size, without planning it anew', async () => {
    const { writer, steps, delivery } = setUp(0, 1);
    const done = [
      writer.add(delivery(0, 2), ['a', 'b']),
      writer.add(delivery(1, 2), ['c']),
      writer.add(delivery(2, 2), ['d']),
    ];
    await Promise.all([...done, writer.add(delivery(3), ['e'])]);
    expect(steps).toEqual(['insert t/3/0-2@1000', 'plan 3', 'insert t/3/3-3@1003']);
  });

  it('does not wait for its time when it holds as many messages as it may, however few rows they have', async () => {
    const { writer, steps, delivery } = setUp(0, 1_000, 3_600_000);
    await Promise.all([0, 1, 2].map((offset) => writer.add(delivery(offset), ['a'])));
    expect(steps).toEqual(['plan 2', 'insert t/3/0-2@1000']);
  });

  it('takes the same offsets of a log that was made anew for other blocks', async () => {
    const { writer, blocks, delivery } = setUp();
    await writer.add(delivery(0), ['a']);
    await writer.add({ ...delivery(0), appendedAt: 2_000 }, ['b']);
    expect(new Set(blocks.map(({ token }) => token)).size).toBe(2);
  });

  it('acknowledges only what is stored, and tries again while the store is away', async () => {
    const { writer, steps, delivery } = setUp(2);
    await writer.add(delivery(0), ['a']);
    expect(steps).toEqual(['plan 0', 'insert t/3/0-0@1000']);
  });

  it('refuses what it cannot store any more when it stops', async () => {
    const { writer, delivery } = setUp(1_000);
    const waiting = writer.add(delivery(0), ['a']);
    const outcome = waiting.catch((error: unknown) => error);
    await writer.stop();
    expect(await outcome).toBeInstanceOf(TransientError);
    await expect(writer.add(delivery(1), ['b'])).rejects.toBeInstanceOf(TransientError);
  });

  it('of a partition that was lost stores nothing more, and plans nothing', async () => {
    const { writer, steps, delivery } = setUp(0, 100);
    const outcome = writer.add(delivery(0), ['a']).catch((error: unknown) => error);
    writer.abandon();
    expect(await outcome).toBeInstanceOf(TransientError);
    await expect(writer.add(delivery(1), ['b'])).rejects.toBeInstanceOf(TransientError);
    expect([steps, writer.pendingRows]).toEqual([[], 0]);
  });
});
