import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BucketCounts } from './bucket-counts.ts';
import { CallerSlab } from './caller-slab.ts';
import { FailureLog } from './failure-log.ts';
import { BUCKET_MS, WINDOW_BUCKETS } from './time.ts';

/** Buckets within ten minutes of each other, and the same in another order. */
const shuffled = fc
  .array(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 200 })
  .chain((buckets) => fc.tuple(fc.constant(buckets), fc.shuffledSubarray(buckets, { minLength: buckets.length })));

describe('short windows', () => {
  it('give the same five-minute count in any order of arrival within ten minutes', () => {
    fc.assert(
      fc.property(shuffled, ([inOrder, other]) => {
        const counted = (buckets: readonly number[]): readonly [number, number] => {
          const slab = new CallerSlab(4);
          const slot = slab.touch('a', 1000 + (buckets[0] ?? 0), 0);
          for (const b of buckets) slab.count(slot, 1000 + b);
          const head = slab.head[slot] ?? 0;
          return [slab.windowSum[slot] ?? 0, slab.sum(slot, head - 59, head)];
        };
        const newest = Math.max(...inOrder);
        const expected = inOrder.filter((b) => b > newest - WINDOW_BUCKETS).length;
        expect(counted(inOrder)).toEqual([expected, inOrder.length]);
        expect(counted(other)).toEqual([expected, inOrder.length]);
      }),
    );
  });

  it('keep no count of a caller that was away for longer than they reach', () => {
    const slab = new CallerSlab(4);
    const slot = slab.touch('a', 100, 0);
    for (let i = 0; i < 50; i++) slab.count(slot, 100 + (i % 40));
    slab.count(slot, 100_000);
    expect(slab.windowSum[slot]).toBe(1);
    expect(slab.sum(slot, 99_000, 100_000)).toBe(1);
  });

  it('refuse what is older than they reach', () => {
    const slab = new CallerSlab(4);
    const slot = slab.touch('a', 1000, 0);
    expect(slab.count(slot, 1000)).toBe(true);
    expect(slab.count(slot, 1000 - 95)).toBe(true);
    expect(slab.count(slot, 1000 - 96)).toBe(false);
  });

  it('give the slot of the least recently seen caller away at the cap, count it, and start it clean', () => {
    const forgotten: string[] = [];
    const slab: CallerSlab = new CallerSlab(3, (slot) => forgotten.push(slab.keyOf(slot)));
    for (const key of ['a', 'b', 'c', 'a', 'd']) slab.count(slab.touch(key, 10, 0), 10);
    expect(forgotten).toEqual(['b']);
    expect(slab.evicted).toBe(1);
    expect(slab.find('b')).toBeUndefined();
    const d = slab.find('d');
    expect(d === undefined ? undefined : slab.windowSum[d]).toBe(1);
    expect([...slab.recent(0, 10)].map((slot) => slab.keyOf(slot))).toEqual(['d', 'a', 'c']);
  });

  it('do not measure a burst by its own beginning, wherever the first bucket is cut', () => {
    const slab = new CallerSlab(4);
    const slot = slab.touch('a', 1000, 0);
    const hear = (bucket: number, n: number): void => {
      slab.touch('a', bucket, 0);
      for (let i = 0; i < n; i++) slab.count(slot, bucket);
    };
    for (let b = 1000; b < 1060; b += 2) hear(b, 3);
    hear(1060, 57);
    hear(1061, 200);
    hear(1062, 200);
    expect(slab.busiestBucket[slot]).toBeLessThanOrEqual(20);
  });

  it('count by bucket as a plain filter would, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 100 }), (buckets) => {
        const counts = new BucketCounts();
        for (const b of buckets) counts.add(b * BUCKET_MS + 1);
        const newest = Math.max(0, ...buckets);
        expect(counts.sum(newest - 5, newest)).toBe(buckets.filter((b) => b > newest - 6).length);
        expect(counts.before(0) + counts.sum(0, 60)).toBe(buckets.length);
      }),
    );
  });

  it('remember the last 512 failures singly and count all', () => {
    const log = new FailureLog();
    for (let i = 0; i < 2000; i++) log.add(1_000_000 + i, i + 1);
    const counts = log.within(60_000);
    expect(counts).toMatchObject({ failures: 2000, remembered: 512, distinct: 512, unmarked: 0 });
    expect(log.within(600_000).failures).toBe(2000);
  });
});
