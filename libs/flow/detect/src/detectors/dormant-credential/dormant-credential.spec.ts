import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { calls, CURL, findingsIn, MONDAY, server } from '../leaked-credential/testing/identity-traffic.ts';
import { isSameDayOfMonth } from './dormant-credential.detector.ts';

const BACK = MONDAY + 50 * DAY_MS + 11 * HOUR_MS;
const dormant = (...streams: readonly ApiEvent[][]) =>
  findingsIn(...streams).filter(({ type }) => type === 'dormant-credential');

describe('dormant-credential', () => {
  it('tells who is back after weeks: low as it always was, more with another client, most where it exports', () => {
    expect(dormant(server(5), calls(25, BACK, MINUTE_MS))[0]).toMatchObject({
      severity: 'low',
      observed: { value: 20 },
    });
    expect(dormant(server(5), calls(25, BACK, MINUTE_MS, CURL))[0]).toMatchObject({ severity: 'medium' });
    expect(dormant(server(5), calls(2, BACK, MINUTE_MS, { ...CURL, pathTemplate: '/exports/{id}' }))[0]).toMatchObject({ severity: 'high', observed: { value: 1 } }); // prettier-ignore
  });

  it('tells an old key of a caller that uses another one every day', () => {
    const old = { credentialId: 'bbbbbbbb-1111-4111-8111-111111111111' };
    expect(dormant(server(3, old), server(60), calls(25, BACK, MINUTE_MS, old))).not.toHaveLength(0);
  });

  it('tells exports with a key that was used a little on a few days, and one of every day that is back on the same day of the month', () => {
    const little = [0, 1, 2].map((day) => calls(3, MONDAY + day * DAY_MS, HOUR_MS));
    const exports = calls(2, BACK, MINUTE_MS, { pathTemplate: '/exports/{id}' });
    expect(dormant(...little, exports)[0]).toMatchObject({ severity: 'medium', observed: { value: 1 } });
    expect(dormant(...little.slice(0, 2), exports)).toEqual([]);
    // the last of ten days of use is the 14th of January
    expect(dormant(server(10), calls(25, Date.UTC(2026, 1, 14, 23, 30), MINUTE_MS))).not.toEqual([]);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['three weeks of leave', [server(5), calls(40, MONDAY + 26 * DAY_MS, MINUTE_MS)]],
    ['a few calls', [server(5), calls(10, BACK, MINUTE_MS)]],
    ['a key that was only tried before it went live', [calls(5, MONDAY, MINUTE_MS), calls(60, BACK, MINUTE_MS)]],
    ['a job of the month', [0, 31, 59].map((day) => calls(200, MONDAY + day * DAY_MS, 1000))],
  ])('is silent about %s', (_name, streams) => {
    expect(dormant(...streams)).toEqual([]);
  });

  it('is silent about the third pause of a season, not about the first', () => {
    const seasons = [0, 40, 95, 140].map((day) =>
      calls(60, MONDAY + day * DAY_MS + (day % 7) * HOUR_MS, 10 * MINUTE_MS),
    );
    const told = dormant(...seasons).map(({ detectedAt }) => Math.floor((detectedAt - MONDAY) / DAY_MS));
    expect(told).not.toContain(140);
  });

  it.each([
    ['2026-09-01T03:00Z', '2026-10-01T03:20Z', true],
    ['2026-01-31T03:00Z', '2026-02-28T03:20Z', true],
    ['2026-09-01T03:00Z', '2026-10-01T15:00Z', false],
    ['2026-09-01T03:00Z', '2026-10-09T03:00Z', false],
  ])('%s and %s are one job: %s', (before, after, same) => {
    expect(isSameDayOfMonth(Date.parse(before), Date.parse(after))).toBe(same);
  });
});
