import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent, aRefusedEvent } from '@outrider/domain/traffic/testing';
import { findingsOf } from '../credential-stuffing/findings-of.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

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

  it('tells slow guessing by one client from ever another address of one network, and no network where somebody gets in', () => {
    const turns = (status: (i: number) => number, more: Partial<ApiEvent> = {}) =>
      guesses(times(12, (i) => login(uneven(i, 15 * MINUTE), status(i), { clientIp: `192.0.2.${10 + i * 3}`, clientFingerprint: 'kit', ...more }))); // prettier-ignore
    expect(turns(() => 401)[0]?.explanation).toContain('addresses of 192.0.2.0/24');
    expect(turns((i) => (i === 6 ? 200 : 401))).toEqual([]);
    expect(turns(() => 401, { clientFingerprint: '', userAgent: '' })).toEqual([]);
  });

  it('is silent on an office whose login is out of order, and not on one client among them that guesses', () => {
    const people = (n: number, status: number, from: number, gap: number) =>
      times(n, (i) => login(from + i * gap, status, { clientFingerprint: `person-${i % 12}` }));
    const before = people(48, 200, AT - 4 * HOUR, 5 * MINUTE);
    expect(guesses([...before, ...people(120, 401, AT, 4 * SECOND)])).toEqual([]);
    expect(guesses(people(120, 401, AT, 4 * SECOND))).not.toEqual([]);
    const one = times(60, (i) => login(AT + i * 4 * SECOND, 401, { clientFingerprint: 'person-1' }));
    expect(guesses([...before, ...people(12, 401, AT, 4 * SECOND), ...one])).not.toEqual([]);
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

  describe('an hour at a login', () => {
    const clock = (n: number, gap: number, more: Partial<ApiEvent> = {}) =>
      times(n, (i) => login(AT + HOUR + i * gap + (i % 7) * 400, 401, more));

    /** Two soon, then a pause. */
    const human = (i: number): number => AT + i * MINUTE + ((i * 5) % 7) * 20 * SECOND;

    it('tells a try every 23 seconds from an address that never logged in: nobody mistypes so often', () => {
      const found = guesses(clock(50, 23 * SECOND));
      expect(found.map(({ severity }) => severity)).toEqual(['medium']);
      expect(found[0]?.explanation).toContain('none worked');
    });

    it('tells twenty at an uneven pace, and not nineteen', () => {
      const tries = times(20, (i) => login(human(i), 401));
      expect(guesses(tries)).toHaveLength(1);
      expect(guesses(tries.slice(1))).toEqual([]);
    });

    it('is silent on a client that was let in before and tries its old password by a clock', () => {
      expect(guesses([login(AT, 200), ...clock(120, 30 * SECOND)])).toEqual([]);
    });

    it('is silent on a client that tries once in three minutes, by a clock, for a day', () => {
      expect(guesses(clock(480, 180 * SECOND))).toEqual([]);
    });

    it('is silent on an office where many mistype and one in eight gets in', () => {
      expect(guesses(times(60, (i) => login(uneven(i, 50 * SECOND), i % 8 === 7 ? 200 : 401)))).toEqual([]);
    });

    it('is silent on a program that asks for a token in vain', () => {
      const path = '/oauth/token';
      expect(guesses(times(22, (i) => login(human(i), 401, { path, pathTemplate: path })))).toEqual([]);
    });
  });

  describe('one of a crowd that credential-stuffing tells of', () => {
    /** From `n` addresses in turn, far apart from each other. */
    const crowd = (tries: number, n: number): ApiEvent[] =>
      times(tries, (i) =>
        login(AT + i * 100, 401, { clientIp: `203.${i % n}.0.7`, clientFingerprint: 'kit', userAgent: 'kit' }),
      );

    it('is not told besides, though it fails a dozen times', () => {
      const found = findingsOf(crowd(1_400, 100));
      expect(found.some(({ type }) => type === 'credential-stuffing')).toBe(true);
      expect(found.filter(({ type }) => type === 'brute-force')).toEqual([]);
    });

    it('is told when it is another program, or does a large part of it all', () => {
      const other = times(40, (i) => login(AT + 80 * SECOND + i * 1_000, 401, { clientFingerprint: 'hydra' }));
      expect(guesses([...crowd(1_400, 100), ...other]).length).toBeGreaterThan(0);
      const eager = times(600, (i) => login(AT + 80 * SECOND + i * 100, 401, { clientFingerprint: 'kit' }));
      expect(guesses([...crowd(800, 100), ...eager]).length).toBeGreaterThan(0);
    });
  });

  describe('refusals that show no credential', () => {
    const scan = (more: (i: number) => Partial<ApiEvent>) =>
      times(300, (i) => refused(AT + i * 300 + (i % 3) * 37, '', { userAgent: 'gobuster', ...more(i) }));

    it('are no guessing of keys where each asks for another path', () => {
      expect(guesses(scan((i) => ({ path: `/word${i}`, pathTemplate: `/word${i}` })))).toEqual([]);
    });

    it('are told where they ask for one path, as who guesses a hidden Authorization does, or where headers are not logged', () => {
      expect(guesses(scan(() => ({}))).length).toBeGreaterThan(0);
      const bare = scan((i) => ({ path: `/word${i}`, userAgent: '', clientFingerprint: '' }));
      expect(guesses(bare).length).toBeGreaterThan(0);
    });

    it('do not hide the guessing that follows a scan of paths', () => {
      const after = times(300, (i) => refused(AT + (100 + i) * SECOND + (i % 3) * 337, '', { path: '/orders' }));
      const words = scan((i) => ({ path: `/word${i}`, pathTemplate: `/word${i}` }));
      expect(guesses([...words, ...after]).length).toBeGreaterThan(0);
    });
  });
});
