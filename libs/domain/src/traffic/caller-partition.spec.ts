import { expect, it } from '@jest/globals';
import { callerPartition, isCallerKind } from './caller-partition.ts';

it('puts a caller where it was put before: a change of this function would part running installations in two', () => {
  const places = (['consumer', 'credential', 'ip'] as const).map((kind) =>
    [12, 7, 1].map((partitions) => callerPartition(kind, '192.0.2.15', partitions)),
  );
  expect(places).toEqual([
    [3, 1, 0],
    [8, 2, 0],
    [1, 0, 0],
  ]);
});

it('spreads callers evenly, and only callers have a partition', () => {
  const counts = new Array<number>(12).fill(0);
  for (let i = 0; i < 12_000; i++) {
    const partition = callerPartition('ip', `198.51.${i >> 8}.${i & 255}`, 12);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
  expect([isCallerKind('ip'), isCallerKind('service')]).toEqual([true, false]);
});
