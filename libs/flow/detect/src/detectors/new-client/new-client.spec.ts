import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  calls,
  consumer,
  CURL,
  findingsIn,
  MONDAY,
  office,
  server,
  typesIn,
} from '../leaked-credential/testing/identity-traffic.ts';

const FROM = MONDAY + 6 * DAY_MS + 7 * MINUTE_MS;
const PYTHON = { userAgent: 'python-requests/2.32.0' };

describe('new-client', () => {
  it('tells a client of the command line where a program used to be, low', () => {
    const [first] = findingsIn(server(7), calls(8, FROM, 15_000, CURL));
    expect(first).toMatchObject({ type: 'new-client', severity: 'low' });
    expect(first?.explanation).toContain('curl');
  });

  it('tells a library that takes turns with the old client', () => {
    expect(typesIn(server(7), calls(12, FROM, 20 * MINUTE_MS, PYTHON))).toEqual(['new-client']);
  });

  it('tells a library that came once, when the old client goes on', () => {
    const [first] = findingsIn(server(7), calls(5, FROM, 15_000, PYTHON), calls(5, FROM + 90_000, 60_000));
    expect(first).toMatchObject({ type: 'new-client', severity: 'low' });
    expect(first?.detectedAt).toBeGreaterThan(FROM + 90_000);
  });

  it('tells a library at the time of day at which its caller rests, and not by day', () => {
    const night = MONDAY + 10 * DAY_MS + 60 * MINUTE_MS;
    expect(typesIn(office(12), calls(12, night, 15_000, PYTHON))).toEqual(['new-client']);
    expect(typesIn(office(10), calls(12, night + 600 * MINUTE_MS, 15_000, PYTHON))).toEqual([]);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['a new version', [server(7), calls(30, FROM, MINUTE_MS, { userAgent: 'Java/21.0.1' })]],
    ['a new program that replaces the old one', [server(6), server(2, PYTHON, MONDAY + 6 * DAY_MS)]],
    ['a caller that is hardly known', [server(3), calls(30, MONDAY + 3 * DAY_MS, MINUTE_MS, CURL)]],
    ['a scanner, which others name', [server(7), calls(12, FROM, 15_000, { userAgent: 'sqlmap/1.8' })]],
  ])('is silent about %s', (_name, streams) => {
    expect(typesIn(...streams)).toEqual([]);
  });

  it('takes what several callers take up for a release', () => {
    const each = (n: number): ApiEvent[] => [
      ...server(7, consumer(n)),
      ...calls(12, FROM + n * MINUTE_MS, 20 * MINUTE_MS, { ...consumer(n), ...PYTHON }),
    ];
    expect(typesIn(each(1), each(2), each(3), each(4))).toEqual([]);
  });
});
