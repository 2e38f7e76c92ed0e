import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { findingsOf } from '../credential-stuffing/findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const SECOND = 1_000;
const MINUTE = 60_000;
const IP = '192.0.2.15';

const times = (n: number, make: (i: number) => ApiEvent): ApiEvent[] => Array.from({ length: n }, (_, i) => make(i));
const login = (startedAt: number, status: number, more: Partial<ApiEvent> = {}): ApiEvent =>
  anAnonymousEvent({
    startedAt,
    status,
    method: 'POST',
    path: '/login',
    pathTemplate: '/login',
    clientIp: IP,
    clientFingerprint: 'kit',
    ...more,
  });
const takeovers = (events: readonly ApiEvent[]) => findingsOf(events).filter(({ type }) => type === 'account-takeover');
const fails = (n: number, gap: number, more: Partial<ApiEvent> = {}): ApiEvent[] =>
  times(n, (i) => login(AT + i * gap, 401, more));

describe('account-takeover', () => {
  it('tells a success after eight failures, once, at once', () => {
    const found = takeovers([...fails(8, 25 * SECOND), login(AT + 4 * MINUTE, 200), login(AT + 5 * MINUTE, 200)]);
    expect(found).toMatchObject([{ severity: 'medium', entity: { kind: 'ip', id: IP }, detectedAt: AT + 4 * MINUTE }]);
  });

  it('tells a guesser that keeps time at a login below /oauth: a wrong password is nobody who waits for leave', () => {
    const at = { pathTemplate: '/oauth/sessions', path: '/oauth/sessions' };
    expect(takeovers([...fails(8, 20 * SECOND, at), login(AT + 3 * MINUTE, 200, at)])).toHaveLength(1);
  });

  it('is high when the guesser was seen guessing', () => {
    const found = takeovers([...fails(12, 2 * SECOND), login(AT + MINUTE, 200)]);
    expect(found).toMatchObject([{ severity: 'high' }]);
    expect(found[0]?.explanation).toContain('seen guessing');
  });

  it('tells the success of a stuffer after one failure of that address', () => {
    const list = times(200, (i) => login(AT + i * SECOND, 401, { clientIp: `198.${i % 100}.1.1` }));
    expect(takeovers([...list, login(AT + 201 * SECOND, 200, { clientIp: '198.5.1.1' })])).toMatchObject([
      { severity: 'high' },
    ]);
  });

  it('does not take who logged in from there before for a stuffer, nor anybody when it is over', () => {
    const list = times(200, (i) => login(AT + i * SECOND, 401, { clientIp: `198.${i % 100}.1.1` }));
    const home = { clientIp: '203.0.113.9' };
    const slip = (from: number) => [login(from, 401, home), login(from + 7 * SECOND, 200, home)];
    expect(takeovers([login(AT - MINUTE, 200, home), ...list.slice(0, 190), ...slip(AT + 190 * SECOND)])).toEqual([]);
    expect(takeovers([...list, ...slip(AT + 18 * MINUTE)])).toEqual([]);
  });

  it('does not take a person for a stuffer whose typo came in the midst of it', () => {
    const list = times(300, (i) => login(AT + i * SECOND, 401, { clientIp: `198.${i % 100}.1.1` }));
    const person = { clientIp: '203.0.113.9', clientFingerprint: 'browser' };
    const typos = times(30, (i) => login(AT + (60 + i * 8) * SECOND + 5, i % 3 === 2 ? 200 : 401, person));
    expect(takeovers([...list, ...typos])).toEqual([]);
  });

  it.each<[string, ApiEvent[]]>([
    [
      'an address that many log in from: a load balancer, an office',
      [...times(60, (i) => login(AT - (60 - i) * MINUTE, 200)), ...fails(30, 4 * SECOND), login(AT + 4 * MINUTE, 200)],
    ],
    ['six tries in an hour and a half', [...fails(6, 15 * MINUTE), login(AT + 90 * MINUTE, 200)]],
    ['three typos', [...fails(3, 9 * SECOND), login(AT + MINUTE, 200)]],
    [
      'a password that was reset',
      [
        ...fails(8, 9 * SECOND),
        login(AT + 2 * MINUTE, 200, { pathTemplate: '/password/reset' }),
        login(AT + 3 * MINUTE, 200),
      ],
    ],
    ['a success an hour later', [...fails(8, 9 * SECOND), login(AT + 70 * MINUTE, 200)]],
    [
      'others behind the same address',
      [...fails(8, 9 * SECOND), login(AT + 2 * MINUTE, 200, { clientFingerprint: 'other' })],
    ],
    [
      'an office that mistypes and succeeds in turn',
      times(60, (i) => login(AT + i * 20 * SECOND, i % 3 === 2 ? 200 : 401)),
    ],
    [
      'a device that waits for its owner',
      [
        ...times(40, (i) => login(AT + i * 5 * SECOND, 400, { pathTemplate: '/oauth/token' })),
        login(AT + 201 * SECOND, 200, { pathTemplate: '/oauth/token' }),
      ],
    ],
    [
      'a device that tries its old password by its clock, until it gets the new one',
      [...fails(10, 90 * SECOND), login(AT + 14 * MINUTE, 200)],
    ],
  ])('is silent on %s', (_name, events) => {
    expect(takeovers(events)).toEqual([]);
  });

  it('tells five failures and a success by a clock, low, and no person who types', () => {
    const success = login(AT + 40 * SECOND, 200);
    expect(takeovers([...fails(5, 8 * SECOND), success])).toMatchObject([{ severity: 'low' }]);
    const typed = [0, 7, 15, 24, 33].map((second) => login(AT + second * SECOND, 401));
    expect(takeovers([...typed, success])).toEqual([]);
    expect(takeovers([login(AT - MINUTE, 200), ...fails(5, 8 * SECOND), success])).toEqual([]);
  });

  it('tells a patient guesser, whose success comes at its turn', () => {
    expect(takeovers([...fails(10, 90 * SECOND), login(AT + 15 * MINUTE, 200)])).toHaveLength(1);
  });

  const keys = times(20, (i) =>
    aRefusedEvent({ startedAt: AT + i * SECOND, clientIp: IP, credentialFingerprint: `${i}`.padStart(16, '0') }),
  );
  const letIn = (more: Partial<ApiEvent> = {}) => anApiEvent({ startedAt: AT + 2 * MINUTE, clientIp: IP, ...more });

  it('tells the consumer whose key a guesser at the gateway found', () => {
    expect(takeovers([...keys, letIn()])).toMatchObject([
      { severity: 'high', entity: { kind: 'consumer', name: 'alice' } },
    ]);
  });

  it('does not take a neighbour of the guesser for it, who was there before or has another program', () => {
    expect(takeovers([letIn({ startedAt: AT - MINUTE }), ...keys, letIn()])).toEqual([]);
    expect(takeovers([...keys, letIn({ userAgent: 'other/1.0' })])).toEqual([]);
  });
});
