import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anonymousAt, at, consumer, findingsOf, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { distributedFlood } from './distributed-flood.definition.ts';

/** Twenty requests of each of `n` addresses within a minute. */
const flood = (n: number, from: number): ApiEvent[] =>
  Array.from(
    { length: n * 20 },
    (_, i) =>
    anonymousAt(from + Math.floor(i / n) * 3_000 + (i % n), { clientIp: `198.51.${Math.floor((i % n) / 250)}.${i % n % 250}`, pathTemplate: '/search' }), // prettier-ignore
  );
const customers = (from: number): ApiEvent[] =>
  Array.from({ length: 60 }, (_, i) => at(from + i * 6_000, consumer(i % 5)));

describe('distributed-flood', () => {
  it('tells three hundred addresses of twenty requests each where only consumers with keys were seen before', () => {
    const [first] = findingsOf(distributedFlood, [...customers(START - 6 * MINUTE), ...flood(300, START)]);
    expect(first).toMatchObject({ severity: 'high', entity: { kind: 'service' } });
    expect((first?.detectedAt ?? Infinity) - START).toBeLessThanOrEqual(30_000);
  });

  it('lets a waiting room be, whose guests logged in before they wait', () => {
    const logins = Array.from(
      { length: 300 },
      (_, i) =>
      anonymousAt(START - 4 * MINUTE + i * 700, { clientIp: `198.51.${Math.floor(i / 250)}.${i % 250}`, pathTemplate: '/login', method: 'POST', serviceId: 'accounts' }), // prettier-ignore
    );
    expect(findingsOf(distributedFlood, [...customers(START - 6 * MINUTE), ...logins, ...flood(300, START)])).toEqual([]); // prettier-ignore
  });

  it('is silent in the first minutes of a log, in which everybody is new', () => {
    expect(findingsOf(distributedFlood, [...customers(START - 2 * MINUTE), ...flood(300, START)])).toEqual([]);
  });
});
