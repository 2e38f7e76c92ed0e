import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { zombieEndpoint } from './zombie-endpoint.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
const on = (version: number, fromHour: number, n: number, consumer = 'alice'): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anApiEvent({
      startedAt: AT + fromHour * HOUR + i * 300_000,
      consumerId: consumer,
      credentialId: `key of ${consumer}`,
      path: `/v${version}/orders`,
      pathTemplate: `/v${version}/orders`,
    }),
  );
const found = (...events: readonly ApiEvent[][]): number => findingsIn(engineOf(zombieEndpoint), events.flat()).length;

describe('zombie-endpoint', () => {
  it('tells when somebody turns to an old version that was silent', () => {
    expect(found(on(2, 0, 600), on(1, 40, 15))).toBeGreaterThan(0);
  });

  it('tells a search for versions that are not there, and no old client that asks under one', () => {
    const missing = (paths: readonly string[]) =>
      paths.map((path, i) => anApiEvent({ startedAt: AT + 20 * HOUR + i * 9_000, path, pathTemplate: path, status: 404 })); // prettier-ignore
    const known = ['orders', 'users', 'items', 'carts'].map((name) => anApiEvent({ startedAt: AT, path: `/v2/${name}`, pathTemplate: `/v2/${name}` })); // prettier-ignore
    expect(found(known, missing(['/v1/orders', '/v1/users', '/internal/users', '/v0/orders']))).toBeGreaterThan(0);
    expect(found(known, missing(['/v1/orders', '/v1/users', '/v1/items', '/v1/carts']))).toBe(0);
    expect(found(known, missing(['/v1/a', '/v0/b', '/beta/c', '/old/d', '/v2/orders']))).toBe(0);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['both versions are in use', [on(2, 0, 600), on(1, 0, 600, 'bob'), on(1, 40, 15)]],
    ['the newer version is hours old', [on(2, 0, 200), on(1, 8, 15)]],
    ['a few requests', [on(2, 0, 600), on(1, 40, 5)]],
    ['an old client comes back that never used another', [on(2, 0, 600), on(1, 40, 15, 'carol')]],
    [
      'many turn back',
      [
        on(2, 0, 600),
        on(2, 0, 50, 'bob'),
        on(2, 0, 50, 'dan'),
        on(1, 40, 5, 'dan'),
        on(1, 40, 5, 'bob'),
        on(1, 41, 15),
      ],
    ],
    ['the newest is used', [on(1, 0, 600), on(2, 40, 50)]],
  ])('is silent when %s', (_name, events) => {
    expect(found(...events)).toBe(0);
  });
});
