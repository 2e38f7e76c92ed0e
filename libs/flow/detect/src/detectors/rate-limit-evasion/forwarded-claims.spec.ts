import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anonymousAt, findingsOf, HOUR, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { rateLimitEvasion } from './rate-limit-evasion.definition.ts';

const others = Array.from({ length: 60 }, (_, i) =>
  anonymousAt(START - HOUR + i * MINUTE, { clientIp: `192.0.2.${i}` }),
);
const claims = (n: number, forwardedFor: (i: number) => string, more: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from(
    { length: n },
    (_, i) =>
    anonymousAt(START + i * 4_000, { clientIp: '198.51.100.9', pathTemplate: '/search', forwardedFor: forwardedFor(i), ...more }), // prettier-ignore
  );
const found = (...events: readonly ApiEvent[][]) => findingsOf(rateLimitEvasion, events.flat());
const inside = (i: number): string => `10.${i}.7.${i + 1}`;
const outside = (i: number): string => `${80 + (i % 100)}.${i % 250}.7.${(i % 200) + 1}`;

describe('origins claimed in X-Forwarded-For by an address that is answered', () => {
  it('are told after twenty when it came from outside and claims private networks, another each time', () => {
    expect(found(others, claims(20, inside))).toMatchObject([
      { entity: { id: '198.51.100.9' }, observed: { value: 20 } },
    ]);
  });

  it('are told after a hundred of the public network', () => {
    expect(found(others, claims(140, outside))).not.toEqual([]);
    expect(found(others, claims(90, outside))).toEqual([]);
  });

  it.each<[string, ApiEvent[][]]>([
    ['an office proxy that tells whom it stands for', [others, claims(90, (i) => inside(Math.floor(i / 3)))]],
    ['one that was there from the first', [claims(90, inside)]],
    [
      'a load balancer of one app, which stands in a private network',
      [others, claims(140, outside, { clientIp: '10.0.0.4' })],
    ],
    [
      'a load balancer before an upstream that fails',
      [others, claims(40, outside, { clientIp: '10.0.0.4', status: 503 })],
    ],
  ])('are let pass of %s', (_name, streams) => {
    expect(found(...streams)).toEqual([]);
  });
});
