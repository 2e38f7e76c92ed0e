import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FinishedRun } from './finished-run.ts';

describe('FinishedRun', () => {
  test('allows to commit the unbroken finished run and nothing more, in whatever order messages finish', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i)), (start, order) => {
        const run = new FinishedRun(start, []);
        const finished = new Set<number>();
        for (const offset of order) {
          run.finish(start + offset);
          finished.add(offset);
          let expected = 0;
          while (finished.has(expected)) expected += 1;
          expect(run.committable).toBe(start + expected);
        }
      }),
    );
  });

  test('never commits into a planned block, whatever finishes and is planned in whatever order', () => {
    const steps = fc.array(fc.record({ offset: fc.nat(30), plan: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const run = new FinishedRun(0, []);
        const finished = new Set<number>();
        const blocks: { from: number; through: number }[] = [];
        let unbroken = 0;
        for (const { offset, plan } of all) {
          if (plan) {
            const before = run.plans.length;
            const from = (run.plans.at(-1) ?? unbroken - 1) + 1;
            run.plan(offset);
            if (run.plans.length > before) blocks.push({ from, through: offset });
          } else {
            run.finish(offset);
            finished.add(offset);
            while (finished.has(unbroken)) unbroken += 1;
          }
          expect(run.committable).toBeLessThanOrEqual(unbroken);
          for (const { from, through } of blocks)
            expect(run.committable <= from || run.committable > through).toBe(true);
        }
      }),
    );
  });

  test.each([
    { plans: [14], at: 5, offset: 5, through: 14 },
    { plans: [14], at: 5, offset: 14, through: 14 },
    { plans: [14], at: 5, offset: 15, through: undefined },
    { plans: [14, 20], at: 5, offset: 15, through: 20 },
    { plans: [4], at: 5, offset: 5, through: undefined },
  ])('tells the block of $offset with plans $plans', ({ plans, at, offset, through }) => {
    expect(new FinishedRun(at, plans).planOf(offset)).toBe(through);
  });
});
