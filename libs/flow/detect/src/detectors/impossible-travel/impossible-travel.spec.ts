import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { calls, findingsIn, FIREFOX, MONDAY, office } from '../leaked-credential/testing/identity-traffic.ts';
import { kmBetween, pointOf } from './impossible-travel.detector.ts';

const AMS = { ...FIREFOX, location: '52.37,4.9,20', country: 'NL', asn: 64500, network: 'isp' as const };
const SIN = {
  ...FIREFOX,
  location: '1.35,103.82,20',
  country: 'SG',
  asn: 64900,
  network: 'isp' as const,
  clientIp: '203.0.113.9',
};
const AT = MONDAY + 3 * DAY_MS + 10 * HOUR_MS + MINUTE_MS;
const travel = (...streams: readonly ApiEvent[][]) =>
  findingsIn(...streams).filter(({ type }) => type === 'impossible-travel');

describe('impossible-travel', () => {
  it('tells Amsterdam and Singapore within minutes', () => {
    const [first] = travel(office(4, AMS), calls(8, AT, MINUTE_MS, SIN));
    expect(first).toMatchObject({ severity: 'medium', type: 'impossible-travel' });
    expect(first?.explanation).toMatch(/10\d{3} km apart \(NL and SG\)/);
  });

  it('needs three requests where both networks are those of homes, far apart', () => {
    expect(travel(office(4, AMS), calls(3, AT, MINUTE_MS, SIN))[0]?.detectedAt).toBe(AT + 2 * MINUTE_MS);
  });

  it('tells two places by turns, with the time between', () => {
    const [first] = travel(office(4, AMS), calls(8, AT + 2 * MINUTE_MS, 12 * MINUTE_MS, SIN));
    expect(first?.explanation).toMatch(/within 3 min/);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['a hoster abroad', [office(4, AMS), calls(9, AT, MINUTE_MS, { ...SIN, network: 'hosting' })]],
    ['a flight', [office(2, AMS), calls(60, MONDAY + 2 * DAY_MS + 14 * HOUR_MS, MINUTE_MS, SIN)]],
    [
      'a day there, by air, and the evening at home again',
      [
        office(2, AMS),
        calls(20, MONDAY + 2 * DAY_MS + 14 * HOUR_MS, 2 * MINUTE_MS, {
          ...SIN,
          location: '41.9,12.5,20',
          country: 'IT',
        }),
        calls(20, MONDAY + 2 * DAY_MS + 19 * HOUR_MS, 2 * MINUTE_MS, AMS),
      ],
    ],
    ['two places from the first day on', [office(5, AMS), office(5, SIN, MONDAY + 3 * MINUTE_MS)]],
    [
      'a handful of requests through what may be a relay',
      [office(4, AMS), calls(5, AT, MINUTE_MS, { ...SIN, network: '' })],
    ],
    ['two requests', [office(4, AMS), calls(2, AT, MINUTE_MS, SIN)]],
    ['a neighbouring town', [office(4, AMS), calls(9, AT, MINUTE_MS, { ...SIN, location: '51.9,4.4,20' })]],
    ['a large circle of uncertainty', [office(4, AMS), calls(9, AT, MINUTE_MS, { ...SIN, location: '48.8,2.3,400' })]],
    ['no location', [office(4, { ...AMS, location: '' }), calls(9, AT, MINUTE_MS, { ...SIN, location: '' })]],
  ])('is silent about %s', (_name, streams) => {
    expect(travel(...streams)).toEqual([]);
  });

  it('reads points, and nothing else', () => {
    expect(pointOf('52.37,4.9,20')).toEqual({ lat: 52.37, lon: 4.9, radiusKm: 20 });
    expect([pointOf('x'), pointOf('91,0,1'), pointOf('')]).toEqual([undefined, undefined, undefined]);
    const km = kmBetween({ lat: 52.37, lon: 4.9, radiusKm: 0 }, { lat: 48.86, lon: 2.35, radiusKm: 0 });
    expect(Math.round(km / 10)).toBe(43);
  });
});
