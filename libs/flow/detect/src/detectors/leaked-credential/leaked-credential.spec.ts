import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { calls, consumer, CURL, findingsIn, FIREFOX, MONDAY, server, typesIn } from './testing/identity-traffic.ts';

const FROM = MONDAY + 6 * DAY_MS + 7 * MINUTE_MS;
const ELSEWHERE = { clientIp: '203.0.113.9', ...CURL };
const busy = (days: number, overrides: Partial<ApiEvent> = {}, from = MONDAY): ApiEvent[] =>
  calls(days * 1440, from, MINUTE_MS, overrides);

describe('leaked-credential', () => {
  it('tells a new place together with a new client once, high, and nothing else of it', () => {
    const findings = findingsIn(server(7), calls(10, FROM, 15_000, ELSEWHERE));
    expect(new Set(findings.map(({ type }) => type))).toEqual(new Set(['leaked-credential']));
    expect(findings[0]).toMatchObject({ severity: 'high', entity: { kind: 'consumer', name: 'alice' } });
    expect(findings[0]?.explanation).toContain('203.0.113.9');
    expect(findings[0]?.explanation).toContain('curl');
    expect(findings[0]?.detectedAt).toBeLessThanOrEqual(FROM + 5 * 15_000);
  });

  it('tells the fourth request where both are all but impossible, within a minute', () => {
    const [first] = findingsIn(server(7), calls(4, FROM, 18_000, ELSEWHERE));
    expect(first?.detectedAt).toBe(FROM + 54_000);
    expect(typesIn(server(4), calls(4, FROM - 3 * DAY_MS, 18_000, ELSEWHERE))).toEqual([]);
  });

  it('is low of a service that says it acts for users, and silent from the third caller that takes it up', () => {
    const service = { clientIp: '203.0.113.9', userAgent: 'Claude-User (claude-code/2.0.14)' };
    const each = (n: number): ApiEvent[] => [
      ...server(7, consumer(n)),
      ...calls(6, FROM + n * 20 * MINUTE_MS, 15_000, { ...consumer(n), ...service }),
      ...calls(3, FROM + n * 20 * MINUTE_MS + 100_000, 15_000, consumer(n)),
    ];
    const told = findingsIn(each(1), each(2), each(3), each(4)).filter(({ type }) => type === 'leaked-credential');
    expect(new Set(told.map(({ entity }) => entity.name))).toEqual(new Set(['consumer-1', 'consumer-2']));
    expect(told.every(({ severity }) => severity === 'low')).toBe(true);
  });

  it('is medium from a private address', () => {
    expect(findingsIn(server(7), calls(6, FROM, 15_000, { ...CURL, clientIp: '10.8.0.6' }))[0]?.severity).toBe(
      'medium',
    );
  });

  it('waits for who would be missed: a busy caller that moved with all it has is let go', () => {
    expect(typesIn(busy(4), busy(1, ELSEWHERE, MONDAY + 4 * DAY_MS))).toEqual([]);
    expect(typesIn(busy(5), calls(10, MONDAY + 4 * DAY_MS + 30_000, 15_000, ELSEWHERE))).toEqual(['leaked-credential']);
  });

  it('tells exports with the key of a caller that is known for two days', () => {
    const from = MONDAY + 2 * DAY_MS + 7 * MINUTE_MS;
    const stranger = (pathTemplate: string) => calls(6, from, 15_000, { ...ELSEWHERE, pathTemplate });
    const owner = calls(90, MONDAY, 45 * MINUTE_MS);
    expect(typesIn(owner, stranger('/exports/{id}'))).toEqual(['leaked-credential']);
    expect(typesIn(owner, stranger('/orders/{id}'))).toEqual([]);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['a caller that is hardly known', [server(2), calls(20, MONDAY + 2 * DAY_MS, 15_000, ELSEWHERE)]],
    ['requests that were refused', [server(7), calls(20, FROM, 15_000, { ...ELSEWHERE, status: 401 })]],
    ['three requests', [server(7), calls(3, FROM, 15_000, ELSEWHERE)]],
    ['a client of its own in a new place', [server(7), calls(30, FROM, 15_000, { clientIp: '203.0.113.9' })]],
    [
      'a new version of its client in a new place',
      [server(7), calls(30, FROM, 15_000, { clientIp: '203.0.113.9', userAgent: 'Java/21.0.1' })],
    ],
    [
      'a platform whose workers leave by other doors every day',
      [
        ...Array.from({ length: 8 }, (_, day) => server(1, { clientIp: `203.${day}.113.9` }, MONDAY + day * DAY_MS)),
        calls(30, MONDAY + 8 * DAY_MS, 15_000, { clientIp: '192.0.2.1', ...FIREFOX }),
      ],
    ],
  ])('is silent about %s', (_name, streams) => {
    expect(typesIn(...streams)).toEqual([]);
  });
});
