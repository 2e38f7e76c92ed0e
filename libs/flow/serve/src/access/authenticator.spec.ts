import { describe, expect, test } from '@jest/globals';
import { Metrics } from '@outrider/platform/metrics';
import { TransientError } from '@outrider/platform/errors';
import { FakeAccessTokenStore } from '@outrider/testing/fakes/access-store.fake';
import { AUTHENTICATION_LIMITS, Authenticator } from './authenticator.ts';
import { FailedAttempts } from './failed-attempts.ts';

const set = () => {
  const clock = { at: 1_000_000, now: () => clock.at };
  const tokens = new FakeAccessTokenStore();
  tokens.put('default', { name: 'a', role: 'viewer', expiresAt: null }, 'good');
  return { clock, tokens, authenticator: new Authenticator(tokens, clock, new Metrics()) };
};

const statusOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 200,
    (error: { status?: number }) => error.status,
  );

describe('Authenticator', () => {
  test('asks the store once for many requests, and again when the answer is old', async () => {
    const { authenticator, tokens, clock } = set();
    await Promise.all(Array.from({ length: 20 }, () => authenticator.authenticate('Bearer good', '192.0.2.1')));
    expect(tokens.asked).toBe(1);
    clock.at += AUTHENTICATION_LIMITS.acceptedMs + 1;
    await authenticator.authenticate('bearer good', '192.0.2.1');
    expect(tokens.asked).toBe(2);
    expect(AUTHENTICATION_LIMITS.acceptedMs).toBeLessThanOrEqual(30_000);
  });

  test('a removed token stops working once the answer is old, at once after forget', async () => {
    const { authenticator, tokens } = set();
    const principal = await authenticator.authenticate('Bearer good', '192.0.2.1');
    await tokens.remove('default', principal.tokenId, 'x');
    expect(await statusOf(authenticator.authenticate('Bearer good', '192.0.2.1'))).toBe(200);
    authenticator.forget();
    expect(await statusOf(authenticator.authenticate('Bearer good', '192.0.2.1'))).toBe(401);
  });

  test('an address that guesses is refused with a wait and costs the store nothing, while known tokens and other addresses go on', async () => {
    const { authenticator, tokens, clock } = set();
    await authenticator.authenticate('Bearer good', '192.0.2.1');
    for (let i = 0; i < 10; i++)
      expect(await statusOf(authenticator.authenticate(`Bearer bad${i}`, '192.0.2.1'))).toBe(401);
    const asked = tokens.asked;
    await expect(authenticator.authenticate('Bearer bad-next', '192.0.2.1')).rejects.toMatchObject({
      status: 429,
      retryAfterSeconds: 6,
    });
    expect(tokens.asked).toBe(asked);
    expect(await statusOf(authenticator.authenticate('Bearer good', '192.0.2.1'))).toBe(200);
    expect(await statusOf(authenticator.authenticate('Bearer bad', '192.0.2.2'))).toBe(401);
    clock.at += 6_000;
    expect(await statusOf(authenticator.authenticate('Bearer bad-later', '192.0.2.1'))).toBe(401);
    expect(await statusOf(authenticator.authenticate('Bearer bad-too', '192.0.2.1'))).toBe(429);
  });

  test('malformed headers never reach the store, and count as failures', async () => {
    const { authenticator, tokens } = set();
    for (const header of [
      '',
      'good',
      'Basic Z29vZA==',
      'Bearer',
      'Bearer a b',
      `Bearer ${'x'.repeat(600)}`,
      'Bearer \u00e9',
    ])
      expect([header, await statusOf(authenticator.authenticate(header, '192.0.2.9'))]).toEqual([header, 401]);
    expect(tokens.asked).toBe(0);
    expect(await statusOf(authenticator.authenticate(undefined, '192.0.2.8'))).toBe(401);
  });

  test('a store that is away is no failure of the caller', async () => {
    const { authenticator, tokens } = set();
    tokens.authenticate = () => Promise.reject(new TransientError('away'));
    for (let i = 0; i < 30; i++)
      await expect(authenticator.authenticate('Bearer good', '192.0.2.1')).rejects.toBeInstanceOf(TransientError);
  });
});

describe('FailedAttempts', () => {
  test('one IPv6 network is one caller, and an IPv4 address is the same in both notations', () => {
    const attempts = new FailedAttempts({ now: () => 0 });
    for (let i = 0; i < 10; i++) attempts.failed(`2001:db8:0:1::${i + 1}`);
    expect(attempts.waitSeconds('2001:db8:0:1:ffff::1')).toBeGreaterThan(0);
    expect(attempts.waitSeconds('2001:db8:0:2::1')).toBe(0);
    for (let i = 0; i < 10; i++) attempts.failed('::ffff:192.0.2.1');
    expect(attempts.waitSeconds('192.0.2.1')).toBeGreaterThan(0);
  });

  test('remembers a bounded number of addresses', () => {
    const attempts = new FailedAttempts({ now: () => 0 }, { burst: 1, refillMs: 1_000, addresses: 3 });
    for (let i = 1; i <= 5; i++) attempts.failed(`192.0.2.${i}`);
    expect([1, 2, 3, 4, 5].map((i) => attempts.waitSeconds(`192.0.2.${i}`) > 0)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
