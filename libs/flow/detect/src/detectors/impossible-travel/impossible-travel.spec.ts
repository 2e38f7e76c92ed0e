import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  calls,
  consumer,
  findingsIn,
  FIREFOX,
  JAVA,
  MONDAY,
  office,
} from '../leaked-credential/testing/identity-traffic.ts';
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
const OTHER = { clientFingerprint: '5555555555555555' };
/** Three days of office, and a morning that ends before AT; and one more request, so many minutes after it. */
const morning = office(4, AMS).filter(({ startedAt }) => startedAt < AT);
const later = (minutes: number): ApiEvent[] => calls(1, AT + minutes * MINUTE_MS, 1, AMS);
const back = (from: number, to: number): ApiEvent[] =>
  calls((to - from) / 2, AT + from * MINUTE_MS, 2 * MINUTE_MS, AMS);
const travel = (...streams: readonly ApiEvent[][]) =>
  findingsIn(...streams).filter(({ type }) => type === 'impossible-travel');

describe('impossible-travel', () => {
  it('tells Amsterdam and Singapore within minutes, of a thief with another client', () => {
    const [first] = travel(office(4, AMS), calls(8, AT, MINUTE_MS, { ...SIN, ...OTHER }));
    expect(first).toMatchObject({ severity: 'medium', type: 'impossible-travel', detectedAt: AT + 2 * MINUTE_MS });
    expect(first?.explanation).toMatch(/10\d{3} km apart \(NL and SG\)/);
    expect(first?.explanation).toContain('a client that it never had');
  });

  it('tells a person with the client of before who is not back for half an hour, and a program at once', () => {
    expect(travel(morning, calls(3, AT, MINUTE_MS, SIN), later(40))[0]?.detectedAt).toBe(AT + 40 * MINUTE_MS);
    expect(travel(office(4, { ...AMS, ...JAVA }), calls(3, AT, MINUTE_MS, { ...SIN, ...JAVA }))[0]?.detectedAt).toBe(
      AT + 2 * MINUTE_MS,
    );
  });

  it('tells a person with the client of before at once where it exports what it never asked for', () => {
    const there = calls(3, AT, MINUTE_MS, { ...SIN, pathTemplate: '/exports/{id}' });
    expect(travel(office(4, AMS), there)[0]?.detectedAt).toBe(AT + 2 * MINUTE_MS);
  });

  it('tells the same client with a whole sitting at either place', () => {
    expect(travel(morning, calls(6, AT, 20_000, SIN), back(14, 90))[0]?.detectedAt).toBe(AT + 100_000);
  });

  it('tells the same client at both places by turns, at once: one of two people is no VPN', () => {
    const found = travel(morning, calls(5, AT, MINUTE_MS, SIN), later(7), calls(2, AT + 9 * MINUTE_MS, MINUTE_MS, SIN));
    expect(found[0]?.detectedAt).toBe(AT + 9 * MINUTE_MS);
    expect(travel(office(4, AMS), calls(40, AT, 20_000, SIN))).not.toEqual([]);
  });

  it('tells what is unclear when the log ends, and at once where no clients are logged', () => {
    expect(travel(morning, calls(3, AT, MINUTE_MS, SIN))[0]?.detectedAt).toBe(AT + 2 * MINUTE_MS);
    const bare = { clientFingerprint: '' };
    const log = morning.map((event) => ({ ...event, ...bare }));
    expect(travel(log, calls(3, AT, MINUTE_MS, { ...SIN, ...bare }), later(9))[0]?.detectedAt).toBe(AT + 2 * MINUTE_MS);
  });

  it('tells two places by turns, with the time between', () => {
    const [first] = travel(office(4, AMS), calls(8, AT + 2 * MINUTE_MS, 12 * MINUTE_MS, { ...SIN, ...OTHER }));
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
    ['a VPN: the same client, for a moment, and back', [morning, calls(5, AT, MINUTE_MS, SIN), back(14, 90)]],
    [
      'a VPN that is used again, for longer',
      [morning, calls(3, AT, MINUTE_MS, SIN), later(20), calls(30, AT + 60 * MINUTE_MS, 2 * MINUTE_MS, SIN), back(130, 170)], // prettier-ignore
    ],
    [
      'a gateway that colleagues use: one of them works there today',
      [
        office(4, AMS),
        ...[1, 2, 3].map((n) => calls(3, MONDAY + n * HOUR_MS, MINUTE_MS, { ...SIN, ...consumer(n) })),
        calls(8, AT, MINUTE_MS, { ...SIN, ...OTHER }),
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
