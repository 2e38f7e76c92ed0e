import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePlans, encodePlans, MAX_METADATA_BYTES } from './plan-metadata.ts';

describe('plans beside a commit', () => {
  test('come back as they were, at whatever offset', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), lengths, (committed, all) => {
        let end = committed - 1;
        const plans = all.map((length) => (end += length));
        const text = encodePlans(committed, plans);
        expect(decodePlans(committed, text ?? null)).toEqual(plans);
      }),
    );
  });

  test('are refused rather than cut when a broker would not take them', () => {
    const plans = Array.from({ length: 1_000 }, (_, i) => 1_000_000 * (i + 1));
    expect(encodePlans(0, plans)).toBeUndefined();
    expect((encodePlans(0, plans.slice(0, 200)) ?? '').length).toBeLessThanOrEqual(MAX_METADATA_BYTES);
  });

  test.each([null, ''])('are none when there is no metadata: %j', (metadata) => {
    expect(decodePlans(7, metadata)).toEqual([]);
  });

  test.each(['{', '[]', '{"v":2,"plans":[1]}', '{"v":1,"plans":[-1]}', 'consumer-1'])(
    'are not guessed from what somebody else wrote: %s',
    (metadata) => {
      expect(decodePlans(7, metadata)).toBeUndefined();
    },
  );
});
