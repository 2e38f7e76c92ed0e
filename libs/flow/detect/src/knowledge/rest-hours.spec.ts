import { describe, expect, it } from '@jest/globals';
import { MONDAY } from '../detectors/leaked-credential/testing/identity-traffic.ts';
import { HOUR_MS } from '../windows/time.ts';
import { restAt } from './rest-hours.ts';

const week = (count: (hour: number) => number): Uint16Array =>
  Uint16Array.from({ length: 168 }, (_, i) => count(i % 24));
const office = week((hour) => (hour >= 7 && hour < 19 ? 100 : 0));

describe('restAt', () => {
  it.each<[string, Uint16Array, number, boolean]>([
    ['the middle of the night of an office', office, 2, true],
    ['its working day', office, 12, false],
    ['the hour after its day, which daylight saving moves', office, 19, false],
    ['the hour before its day', office, 6, false],
    ['two hours after its day', office, 20, true],
    ['a job at its hour: it has no day', week((hour) => (hour === 3 ? 500 : 0)), 12, false],
    ['an integration day and night', week(() => 50), 3, false],
    ['a lunch break', week((hour) => (hour >= 12 && hour < 15 ? 0 : 100)), 13, false],
    ['nobody', week(() => 0), 3, false],
  ])('%s', (_name, hours, hour, rests) => {
    expect(restAt(hours, MONDAY + hour * HOUR_MS) !== undefined).toBe(rests);
  });

  it('knows the busiest hour at rest', () => {
    const hours = office.slice();
    hours[24 + 2] = 6;
    expect(restAt(hours, MONDAY + 3 * HOUR_MS)).toEqual({ busiest: 6 });
  });
});
