import { expect, test } from '@jest/globals';
import { HOUR, LocalTime } from './time.ts';

const amsterdam = new LocalTime('Europe/Amsterdam');

test.each([
  ['summer', '2026-07-01T10:00:00Z', 12],
  ['winter', '2026-12-01T10:00:00Z', 11],
  ['the hour before the clocks change', '2026-10-25T00:30:00Z', 2.5],
  ['the hour after', '2026-10-25T01:30:00Z', 2.5],
])('local hours follow daylight saving: %s', (_when, at, hour) => {
  expect(amsterdam.ofDay(Date.parse(at)) / HOUR).toBe(hour);
});

test('the weekday and the day of the month are those of the place', () => {
  const sundayNight = Date.parse('2026-10-31T23:30:00Z');
  expect([amsterdam.weekday(sundayNight), amsterdam.dayOfMonth(sundayNight)]).toEqual([0, 1]);
});
