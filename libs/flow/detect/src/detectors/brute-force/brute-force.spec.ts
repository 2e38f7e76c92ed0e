import { describe, expect, it } from '@jest/globals';
import type { FailureCounts } from '../../windows/failure-log.ts';
import { AuthEndpoints } from './auth-endpoints.ts';
import { judgeGatewayGuessing, judgeLoginGuessing, type GuessingView } from './brute-force.detector.ts';
import { BruteForceSettings } from './brute-force.settings.ts';

const settings = BruteForceSettings.parse({});

const failures = (n: number, distinct: number, unmarked = 0, attempts = n): FailureCounts => ({
  failures: n,
  attempts,
  distinct,
  remembered: Math.min(512, n),
  unmarked: Math.min(512, unmarked),
});

const view = (
  in60s: FailureCounts,
  in10m: FailureCounts,
  requests60s = in60s.failures,
  knownGood = false,
): GuessingView => ({
  in60s,
  in10m,
  requests60s,
  requests10m: Math.max(in10m.failures, requests60s),
  knownGood,
});

describe('brute-force at the gateway', () => {
  it.each<[string, GuessingView, string | undefined]>([
    ['15 random keys in a minute', view(failures(15, 15), failures(15, 15)), 'guessing'],
    ['one stale key 500 times', view(failures(500, 1), failures(500, 1)), undefined],
    ['a fleet with three stale keys', view(failures(60, 3), failures(600, 3)), undefined],
    ['ten typos in a minute', view(failures(10, 10), failures(10, 10)), undefined],
    ['31 keys in ten minutes', view(failures(4, 4), failures(31, 31)), 'guessing'],
    ['15 random keys in five minutes', view(failures(3, 3), failures(15, 15)), 'guessing'],
    ['the same from where good ones come', view(failures(3, 3), failures(15, 15), 3, true), undefined],
    ['15 refusals of ten keys of a fleet', view(failures(3, 3), failures(15, 10)), undefined],
    ['many good requests beside it', view(failures(15, 15), failures(15, 15), 200), undefined],
    ['no credential shown, fast', view(failures(60, 0, 60), failures(60, 0, 60)), 'blind-guessing'],
    ['no credential shown, 30 a minute', view(failures(30, 0, 30), failures(40, 0, 40)), 'blind-guessing'],
    [
      'a page opened with an old token',
      { ...view(failures(30, 0, 30), failures(30, 0, 30)), allAtOnce: true },
      undefined,
    ],
    [
      'no credential shown, from where good ones come',
      view(failures(60, 0, 60), failures(60, 0, 60), 60, true),
      undefined,
    ],
    ['no credential shown, a slow poller', view(failures(6, 0, 6), failures(60, 0, 60)), undefined],
  ])('%s', (_name, v, kind) => {
    expect(judgeGatewayGuessing(v, settings)?.kind).toBe(kind);
  });
});

describe('brute-force at the login', () => {
  it.each<[string, FailureCounts, FailureCounts, string | undefined]>([
    ['40 failed logins', failures(40, 1), failures(40, 1), 'guessing'],
    ['3 typos', failures(3, 1), failures(3, 1), undefined],
    ['one guess each for many accounts', failures(30, 30), failures(30, 30), 'spraying'],
    ['an office in the morning', failures(12, 1, 0, 240), failures(30, 1, 0, 900), undefined],
    ['slowly, 30 in ten minutes', failures(3, 1), failures(30, 1), 'guessing'],
  ])('%s', (_name, in60s, in10m, kind) => {
    expect(judgeLoginGuessing(in60s, in10m, settings)?.kind).toBe(kind);
  });
});

describe('login endpoints', () => {
  it.each([
    ['/login', true],
    ['/api/v1/auth/token', true],
    ['/users/{id}/reset-password', true],
    ['/OAuth2/token', true],
    ['/api/v1/users/sign_in', true],
    ['/v1/accounts:signInWithPassword', true],
    ['/j_security_check', true],
    ['/api/v1/authn', true],
    ['/users/sign_out', false],
    ['/users/sign_up', false],
    ['/authors', false],
    ['/blogins', false],
    ['/orders/{id}', false],
    ['/tokenizers', false],
  ])('%s: %s', (template, matches) => {
    expect(new AuthEndpoints(settings.authWords).matches(template)).toBe(matches);
  });

  it('reads a hostile path of 1 MB at once', () => {
    const endpoints = new AuthEndpoints(settings.authWords);
    const began = performance.now();
    expect(endpoints.matches(`/${'a-'.repeat(500_000)}`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
