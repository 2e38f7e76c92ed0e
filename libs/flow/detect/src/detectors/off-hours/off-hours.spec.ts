import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { calls, findingsIn, MONDAY, office, server, typesIn } from '../leaked-credential/testing/identity-traffic.ts';

const NIGHT = MONDAY + 29 * DAY_MS + 2 * HOUR_MS;

describe('off-hours', () => {
  it('tells work in the middle of the night of who works office hours, low', () => {
    const [first] = findingsIn(office(29), calls(40, NIGHT, 12_000));
    expect(first).toMatchObject({ type: 'off-hours', severity: 'low', observed: { value: 30 } });
  });

  it('tells three o’clock on the Sunday of the fourth week, of who makes ten requests a day', () => {
    const little = Array.from({ length: 26 }, (_, day) => day)
      .filter((day) => day % 7 < 5)
      .flatMap((day) => calls(10, MONDAY + day * DAY_MS + 8 * HOUR_MS, 50 * 60_000));
    const sunday = MONDAY + 27 * DAY_MS + 3 * HOUR_MS;
    expect(typesIn(little, calls(30, sunday, 100_000))).toEqual(['off-hours']);
  });

  it('tells a caller that moves its hours once in a fortnight, not every hour of every day', () => {
    const nights = [29, 30, 31, 32].map((day) => calls(60, MONDAY + day * DAY_MS + 2 * HOUR_MS, 12_000));
    const told = findingsIn(office(29), ...nights).filter(({ type }) => type === 'off-hours');
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ detectedAt }) => detectedAt < MONDAY + 30 * DAY_MS)).toBe(true);
  });

  it('is not blinded by one late evening', () => {
    const late = calls(25, MONDAY + 8 * DAY_MS + 23 * HOUR_MS, 60_000);
    expect(typesIn(office(29), late, calls(120, NIGHT, 12_000))).toEqual(['off-hours']);
  });

  it('does not take the working day for the night that went before it', () => {
    const early = [0, 1, 2, 3].map((hour) => calls(20, NIGHT + hour * HOUR_MS + 30 * 60_000, 170_000));
    expect(typesIn(office(30), ...early)).toEqual([]);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['a short sitting', [office(29), calls(20, NIGHT, 12_000)]],
    ['a long evening', [office(29), calls(60, MONDAY + 28 * DAY_MS + 16 * HOUR_MS, 12_000)]],
    ['who is known for three weeks only', [office(21), calls(60, MONDAY + 21 * DAY_MS + 2 * HOUR_MS, 12_000)]],
    ['who never rests', [server(29), calls(60, NIGHT, 12_000)]],
    ['who worked at night before', [office(29), calls(25, NIGHT - 7 * DAY_MS, 12_000), calls(40, NIGHT, 12_000)]],
  ])('is silent about %s', (_name, streams) => {
    expect(typesIn(...streams)).toEqual([]);
  });
});
