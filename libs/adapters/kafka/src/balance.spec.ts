import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balance, type Claimant } from './balance.ts';

const world = fc
  .record({ partitions: fc.integer({ min: 0, max: 40 }), members: fc.integer({ min: 1, max: 9 }) })
  .chain(({ partitions, members }) =>
    fc.record({
      partitions: fc.constant(Array.from({ length: partitions }, (_, i) => i)),
      claimants: fc.tuple(
        ...Array.from({ length: members }, (_, i) =>
          fc.record({
            memberId: fc.constant(`m${i}`),
            owned: fc.uniqueArray(fc.nat(45), { maxLength: 45 }),
            generation: fc.integer({ min: -1, max: 5 }),
          }),
        ),
      ),
    }),
  );

/** A world in which nobody claims what another has: what a healthy group looks like. */
const healthy = world.map(({ partitions, claimants }) => {
  const taken = new Set<number>();
  return {
    partitions,
    claimants: claimants.map((claimant) => ({
      ...claimant,
      owned: claimant.owned.filter((one) => one < partitions.length && !taken.has(one) && taken.add(one)),
    })),
  };
});

const moves = (claimants: readonly Claimant[], shares: ReadonlyMap<string, readonly number[]>): number =>
  claimants.reduce((sum, { memberId, owned }) => {
    const share = shares.get(memberId) ?? [];
    return sum + owned.filter((one) => !share.includes(one)).length;
  }, 0);

describe('balance', () => {
  test('gives each partition to exactly one member, and no member two more than another', () => {
    fc.assert(
      fc.property(world, ({ partitions, claimants }) => {
        const shares = balance(partitions, claimants);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(partitions);
        const sizes = [...shares.values()].map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect([...shares.keys()].sort()).toEqual(claimants.map(({ memberId }) => memberId).sort());
      }),
    );
  });

  test('moves no partition that need not move', () => {
    fc.assert(
      fc.property(healthy, ({ partitions, claimants }) => {
        const least = Math.floor(partitions.length / claimants.length);
        const larger = partitions.length % claimants.length;
        const sizes = claimants.map(({ owned }) => owned.length).sort((a, b) => b - a);
        // The fewest possible: who has most keeps the larger shares.
        const must = sizes.reduce((sum, size, i) => sum + Math.max(0, size - least - (i < larger ? 1 : 0)), 0);
        expect(moves(claimants, balance(partitions, claimants))).toBe(must);
      }),
    );
  });

  test('gives the same shares in whatever order members and partitions come', () => {
    fc.assert(
      fc.property(world, fc.nat(), ({ partitions, claimants }, turn) => {
        const at = turn % claimants.length;
        const turned = [...claimants.slice(at), ...claimants.slice(0, at)];
        expect(balance([...partitions].reverse(), turned)).toEqual(balance(partitions, claimants));
      }),
    );
  });

  test('believes the later generation when two claim one partition', () => {
    const shares = balance(
      [0, 1],
      [
        { memberId: 'a-zombie', owned: [0], generation: 3 },
        { memberId: 'b', owned: [0], generation: 4 },
      ],
    );
    expect(shares).toEqual(
      new Map([
        ['a-zombie', [1]],
        ['b', [0]],
      ]),
    );
  });
});
