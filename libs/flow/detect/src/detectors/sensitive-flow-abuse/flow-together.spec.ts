import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { sensitiveFlowAbuse } from './sensitive-flow-abuse.definition.ts';

const AT = Date.UTC(2026, 0, 7, 12);
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const ip = (i: number): string => `198.51.${Math.floor(i / 250)}.${i % 250}`;
const times = (n: number, everyMs: number, make: (at: number, i: number) => ApiEvent, from = AT): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * everyMs, i));
const call = (pathTemplate: string, overrides: Partial<ApiEvent>): ApiEvent =>
  anAnonymousEvent({ method: 'POST', pathTemplate, path: pathTemplate, status: 202, ...overrides });
/** A code that is asked for, and used half a minute later. */
const signIn = (at: number, i: number): ApiEvent[] => [
  call('/auth/otp/send', { startedAt: at, clientIp: ip(i) }),
  call('/auth/otp/verify', { startedAt: at + 30 * SECOND, clientIp: ip(i) }),
];
/** Two days with a few codes, and a few payments of which some are declined, in each hour. */
const usual = (): ApiEvent[] =>
  Array.from({ length: 48 * 4 }, (_, i) => {
    const at = AT - 48 * HOUR + i * 15 * MINUTE;
    const status = i % 10 === 0 ? 402 : 201;
    return [...signIn(at, i), call('/payments', { startedAt: at, clientIp: ip(i), status })];
  }).flat();
const told = (...events: readonly ApiEvent[][]): string[] => [
  ...new Set(
    findingsIn(engineOf(sensitiveFlowAbuse), [...usual(), ...events.flat()]).map(
      ({ entity }) => `${entity.kind} ${entity.name}`,
    ),
  ),
];

describe('messages that many addresses ask for', () => {
  it('and never go on are told of the endpoint', () => {
    const pumped = times(200, 5 * SECOND, (at, i) =>
      call('/auth/otp/send', { startedAt: at, clientIp: ip(1_000 + (i % 60)) }),
    );
    expect(told(pumped)).toEqual(['endpoint POST /auth/otp/send']);
  });

  it('are not told again by the first honest call after them', () => {
    const pumped = times(200, 5 * SECOND, (at, i) =>
      call('/auth/otp/send', { startedAt: at, clientIp: ip(1_000 + (i % 60)) }),
    );
    const findings = findingsIn(engineOf(sensitiveFlowAbuse), [...usual(), ...pumped, ...signIn(AT + 55 * MINUTE, 1)]);
    expect(findings.filter(({ detectedAt }) => detectedAt > AT + 30 * MINUTE)).toEqual([]);
  });

  it('and use are a busy evening, however many', () => {
    expect(told(Array.from({ length: 400 }, (_, i) => signIn(AT + i * 3 * SECOND, 1_000 + i)).flat())).toEqual([]);
  });

  it('are not told while the flow is not known, unless there are very many', () => {
    const pumped = times(200, 5 * SECOND, (at, i) => call('/auth/otp/send', { startedAt: at, clientIp: ip(i % 60) }));
    expect(findingsIn(engineOf(sensitiveFlowAbuse), pumped)).toEqual([]);
  });
});

describe('declined payments', () => {
  const paid = (n: number, everyMs: number, addresses: number, declined = 0.9): ApiEvent[] =>
    times(n, everyMs, (at, i) =>
      call('/payments', {
        startedAt: at,
        clientIp: ip(1_000 + (i % addresses)),
        status: i % 10 < declined * 10 ? 402 : 201,
      }),
    );

  it('of one address are told of it', () => {
    expect(told(paid(25, 12 * SECOND, 1))).toEqual([`ip ${ip(1_000)}`]);
  });

  it('of many addresses are told of the endpoint', () => {
    expect(told(paid(200, 2 * SECOND, 100))).toEqual(['endpoint POST /payments']);
  });

  it('of a bank that is away are the usual payments, and not told', () => {
    expect(
      told(times(4, 15 * MINUTE, (at, i) => call('/payments', { startedAt: at, clientIp: ip(i), status: 402 }))),
    ).toEqual([]);
    expect(told(paid(200, 2 * SECOND, 100, 0.3))).toEqual([]);
    // a log of hours, and people who try once more
    const hours = times(2_100, 15 * SECOND, (at, i) => call('/payments', { startedAt: at - 9 * HOUR, clientIp: ip(i), status: 201 })); // prettier-ignore
    const away = paid(345, 10 * SECOND, 120, 0.95);
    const soon = (events: readonly ApiEvent[]) => findingsIn(engineOf(sensitiveFlowAbuse), [...hours, ...events]);
    expect(soon(away)).toEqual([]);
    expect(soon(paid(1_500, SECOND, 120, 0.95))).not.toEqual([]);
  });
});
