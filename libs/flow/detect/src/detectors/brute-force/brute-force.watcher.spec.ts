import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { findingsOf } from '../credential-stuffing/findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const SECOND = 1_000;
const MINUTE = 60_000;

const print = (n: number): string => n.toString(16).padStart(16, '0');
const times = (n: number, make: (i: number) => ApiEvent): ApiEvent[] => Array.from({ length: n }, (_, i) => make(i));
const login = (startedAt: number, status: number, more: Partial<ApiEvent> = {}): ApiEvent =>
  anAnonymousEvent({
    startedAt,
    status,
    method: 'POST',
    path: '/login',
    pathTemplate: '/login',
    clientIp: '192.0.2.15',
    ...more,
  });
const refused = (startedAt: number, credentialFingerprint: string, more: Partial<ApiEvent> = {}): ApiEvent =>
  aRefusedEvent({ startedAt, credentialFingerprint, clientIp: '192.0.2.15', ...more });
/** Irregular, as people and patient tools are. */
const uneven = (i: number, gap: number): number => AT + i * gap + ((i * 7919) % 13) * gap * 0.05;

const guesses = (events: readonly ApiEvent[]) => findingsOf(events).filter(({ type }) => type === 'brute-force');

describe('brute-force', () => {
  it('tells slow guessing of passwords once, though each guess is a quarter of an hour after the last', () => {
    const found = guesses(times(14, (i) => login(uneven(i, 15 * MINUTE), 401)));
    expect(found.map(({ severity }) => severity)).toEqual(['medium']);
    expect(found[0]?.explanation).toContain('8 logins');
  });

  it('takes refusals at a login for its own in a log that names neither routes nor who answered', () => {
    const bare = { answeredBy: 'kong', refusal: 'unauthenticated', routeId: '', routeName: '', serviceId: '', serviceName: '' } as const; // prettier-ignore
    expect(guesses(times(15, (i) => login(AT + i * SECOND, 401, bare)))).not.toEqual([]);
    // with a route it is Kong that refuses, for want of one credential
    expect(guesses(times(15, (i) => login(AT + i * SECOND, 401, { ...bare, routeId: 'r' })))).toEqual([]);
  });

  it('is silent on who fails now and then, and succeeds between', () => {
    expect(guesses(times(40, (i) => login(uneven(i, 15 * MINUTE), i % 6 === 5 ? 200 : 401)))).toEqual([]);
  });

  it('is silent on a stuck program that asks for a token by its clock', () => {
    const path = '/oauth/token';
    expect(guesses(times(60, (i) => login(AT + i * 15 * MINUTE, 400, { path, pathTemplate: path })))).toEqual([]);
  });

  it('is silent on a device that waits for its owner: pending every five seconds', () => {
    const path = '/oauth/token';
    const poll = times(60, (i) => login(AT + i * 5 * SECOND + (i % 3) * 40, 400, { path, pathTemplate: path }));
    expect(guesses([...poll, login(AT + 310 * SECOND, 200, { path, pathTemplate: path })])).toEqual([]);
  });

  it('is silent on expired sessions that are refreshed in vain', () => {
    const path = '/auth/refresh';
    expect(guesses(times(200, (i) => login(AT + i * SECOND, 401, { path, pathTemplate: path })))).toEqual([]);
  });

  it('tells key after key over hours, and not one bad key that is polled with', () => {
    expect(guesses(times(12, (i) => refused(uneven(i, 20 * MINUTE), print(i + 1))))).toHaveLength(1);
    expect(guesses(times(100, (i) => refused(uneven(i, 20 * MINUTE), print(1))))).toEqual([]);
  });

  it('tells addresses of one /24 that take turns guessing keys, and names the one that is at it', () => {
    const found = guesses(
      times(60, (i) => refused(AT + i * 4 * SECOND, print(i + 1), { clientIp: `192.0.2.${(i % 5) * 9 + 3}` })),
    );
    expect(found[0]?.explanation).toContain('192.0.2.0/24');
    expect(new Set(found.map(({ entity }) => entity.id)).size).toBe(1);
    // nor is each told besides, when it has tried fifteen itself
    const on = times(120, (i) =>
      refused(AT + i * 4 * SECOND, print(i + 1), { clientIp: `192.0.2.${(i % 5) * 9 + 3}` }),
    );
    expect(new Set(guesses(on).map(({ entity }) => entity.id)).size).toBe(1);
  });

  it('is silent on a fleet of one network whose keys all worked before', () => {
    const device = (i: number) => ({ credentialFingerprint: print(i + 1), clientIp: `192.0.2.${i + 1}` });
    const before = times(60, (i) => anApiEvent({ startedAt: AT + i * SECOND, consumerId: `c${i}`, ...device(i) }));
    const after = times(60, (i) => aRefusedEvent({ startedAt: AT + 600 * SECOND + i * SECOND, ...device(i) }));
    expect(guesses([...before, ...after])).toEqual([]);
  });

  it('tells spraying early: one try each for many accounts', () => {
    const found = guesses(
      times(16, (i) =>
        login(AT + i * 25 * SECOND, 401, { path: `/users/u${i}/login`, pathTemplate: '/users/{name}/login' }),
      ),
    );
    expect(found[0]?.explanation).toContain('one guess each');
  });

  it('counts on while the login answers 429 to the guesser, and never for a 429 alone', () => {
    const attack = times(40, (i) =>
      login(AT + i * 2 * SECOND, i < 5 ? 401 : 429, i < 5 ? {} : { answeredBy: 'kong', refusal: 'rate-limited' }),
    );
    expect(guesses(attack).length).toBeGreaterThan(0);
    expect(guesses(attack.slice(5))).toEqual([]);
  });

  it('tells keys guessed at an upstream that checks them itself', () => {
    const found = guesses(
      times(30, (i) =>
        anAnonymousEvent({ startedAt: AT + i * SECOND, status: 401, credentialFingerprint: print(i + 1) }),
      ),
    );
    expect(found.length).toBeGreaterThan(0);
  });

  it('is silent on a page that polls with a token that ended', () => {
    expect(guesses(times(400, (i) => refused(AT + i * 4 * SECOND, '')))).toEqual([]);
  });
});
