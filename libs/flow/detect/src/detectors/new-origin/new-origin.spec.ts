import { describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { calls, findingsIn, FIREFOX, MONDAY, server, typesIn } from '../leaked-credential/testing/identity-traffic.ts';

const FROM = MONDAY + 7 * DAY_MS + 7 * MINUTE_MS;
const HOME = { asn: 64500, country: 'DE', network: 'business' as const };
const ABROAD = { clientIp: '203.0.113.9', asn: 64999, country: 'BR', network: 'hosting' as const };

describe('new-origin', () => {
  it('tells a quiet caller in a new country, low, and medium where it exports', () => {
    const [first] = findingsIn(server(8, HOME), calls(8, FROM, 20_000, ABROAD));
    expect(first).toMatchObject({ type: 'new-origin', severity: 'low' });
    expect(first?.explanation).toContain('AS64999, BR');
    const exported = calls(8, FROM, 20_000, { ...ABROAD, pathTemplate: '/exports/{id}' });
    expect(findingsIn(server(8, HOME), exported)[0]).toMatchObject({ type: 'new-origin', severity: 'medium' });
  });

  it('tells a second place beside the first', () => {
    const there = calls(8, FROM, 20 * MINUTE_MS, { ...ABROAD, country: 'DE' });
    expect(typesIn(server(8, HOME), there)).toEqual(['new-origin']);
  });

  it.each([
    [
      'a move: the old place is silent',
      [server(7, HOME), server(2, { ...ABROAD, country: 'DE' }, MONDAY + 7 * DAY_MS)],
    ],
    [
      'another address of the same provider',
      [server(8, HOME), calls(30, FROM, MINUTE_MS, { ...HOME, clientIp: '203.0.113.9' })],
    ],
    ['people who travel', [server(8, { ...HOME, ...FIREFOX }), calls(30, FROM, MINUTE_MS, { ...ABROAD, ...FIREFOX })]],
    ['prefixes alone, at ordinary endpoints', [server(9), calls(60, FROM, MINUTE_MS, { clientIp: '203.0.113.9' })]],
  ])('is silent about %s', (_name, streams) => {
    expect(typesIn(...streams)).toEqual([]);
  });

  it('by prefixes alone tells what exports beside the old place', () => {
    const there = calls(40, FROM, 3 * MINUTE_MS, { clientIp: '203.0.113.9', pathTemplate: '/exports/{id}' });
    expect(typesIn(server(8), there)).toEqual(['new-origin']);
  });
});
