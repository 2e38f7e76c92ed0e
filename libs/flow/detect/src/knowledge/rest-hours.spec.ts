import { describe, expect, it } from '@jest/globals';
import { MONDAY } from '../detectors/leaked-credential/testing/identity-traffic.ts';
import { HOUR_MS } from '../windows/time.ts';
import { REST, restAt } from './rest-hours.ts';

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
    expect(restAt(hours, MONDAY + 3 * HOUR_MS)?.busiest).toBe(6);
  });

  it('is not ended by one late sitting, where that is asked for', () => {
    const hours = office.slice();
    hours[24 + 23] = 90;
    expect(restAt(hours, MONDAY)).toBeUndefined();
    expect(restAt(hours, MONDAY, { ...REST, exceptBusiestDay: true })?.busiest).toBe(90);
  });

  it('leaves more of the evening and of the morning out where it is asked to and the rest is long', () => {
    const limits = { ...REST, eveningHours: 3, morningHours: 2 };
    expect([...(restAt(office, MONDAY + 2 * HOUR_MS, limits)?.within ?? [])]).toEqual([22, 23, 0, 1, 2, 3, 4]);
    expect(restAt(office, MONDAY + 21 * HOUR_MS, limits)).toBeUndefined();
    expect(restAt(office, MONDAY + 5 * HOUR_MS, limits)).toBeUndefined();
  });
});
