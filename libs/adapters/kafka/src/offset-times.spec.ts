import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OffsetTimes } from './offset-times.ts';

describe('OffsetTimes', () => {
  test('never says later than it was, and is near to it however long it has looked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 2, maxLength: 3_000 }), fc.nat(), (growth, pick) => {
        const times = new OffsetTimes();
        const history: { at: number; end: number }[] = [];
        let end = 0;
        for (const [i, more] of growth.entries()) {
          history.push({ at: i * 2_000, end: (end += more) });
          times.add(i * 2_000, end);
        }
        const offset = pick % (end + 1);
        const exact = history.findLast((mark) => mark.end <= offset)?.at;
        const found = times.before(offset);
        const now = (growth.length - 1) * 2_000;
        expect(found ?? -1).toBeLessThanOrEqual(exact ?? -1);
        if (exact !== undefined) expect(now - (found ?? 0)).toBeLessThanOrEqual((now - exact) * 1.1 + 4_000);
      }),
      { numRuns: 60 },
    );
  });

  test('forgets what it knew when a topic is made anew', () => {
    const times = new OffsetTimes();
    times.add(1_000, 500);
    times.add(2_000, 3);
    expect(times.before(2)).toBeUndefined();
    expect(times.before(3)).toBe(2_000);
  });
});
