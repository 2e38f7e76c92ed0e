import { expect, test } from '@jest/globals';
import type { OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import { LiveTeachingTimes } from './live-teaching-times.ts';

const control = (over: Partial<OwnedBaselineControl>): OwnedBaselineControl => ({
  ...{ id: '00000000-0000-4000-8000-000000000001', tenant: 't', action: 'reset', kind: 'consumer', entityId: 'a' },
  ...{ from: 10, to: null, reason: '', createdAt: 0, createdBy: 'ann', ...over },
});
const exclusion = (from: number, to: number) => control({ action: 'exclusion', from, to });

test('the latest reset counts, beside all exclusions', () => {
  const times = new LiveTeachingTimes();
  times.refresh([control({ from: 30 }), control({ from: 20 }), exclusion(50, 60), exclusion(40, 45)], 100);
  expect(times.ofCaller('t|consumer|a')).toEqual({
    from: 30,
    excluded: [
      { from: 40, to: 45 },
      { from: 50, to: 60 },
    ],
  });
  expect([times.ofCaller('t|ip|a'), times.ofCaller('u|consumer|a')]).toEqual([undefined, undefined]);
});

test('what is said stays the same object until something else is said, whatever the order it is read in', () => {
  const times = new LiveTeachingTimes();
  times.refresh([exclusion(1, 2), exclusion(3, 4)], 100);
  const before = times.ofCaller('t|consumer|a');
  times.refresh([exclusion(3, 4), exclusion(1, 2), control({ entityId: 'b' })], 200);
  expect(times.ofCaller('t|consumer|a')).toBe(before);
  times.refresh([exclusion(3, 5), exclusion(1, 2)], 300);
  expect(times.ofCaller('t|consumer|a')).not.toBe(before);
  times.refresh([], 400);
  expect(times.ofCaller('t|consumer|a')).toBeUndefined();
});

test('endpoints and services go by the keys that detection has', () => {
  const times = new LiveTeachingTimes();
  times.refresh(
    [
      control({ kind: 'endpoint', entityId: 's1 GET /orders/{id}' }),
      control({ kind: 'endpoint', entityId: 'GET /x' }),
      control({ kind: 'service', entityId: 's1' }),
      control({ kind: 'endpoint', entityId: 'nonsense' }),
    ],
    100,
  );
  expect(times.ofEndpoint('t|s1|GET /orders/{id}')?.from).toBe(10);
  expect(times.ofEndpoint('t||GET /x')?.from).toBe(10);
  expect(times.ofService('t|s1')?.from).toBe(10);
});
