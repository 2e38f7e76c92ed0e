import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { knownBadSource } from './known-bad-source.definition.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const calls = (n: number, change: Partial<ApiEvent>): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => anAnonymousEvent({ startedAt: AT + i * 20_000, ...change }));
const LOGIN = { path: '/login', pathTemplate: '/login', method: 'POST' };

describe('known-bad-source', () => {
  it.each<[string, readonly ApiEvent[], string | undefined]>([
    ['an exit of Tor at the log-in', calls(1, { network: 'tor', ...LOGIN }), 'medium'],
    ['an exit of Tor at the log-in again and again', calls(4, { network: 'tor', ...LOGIN }), 'high'],
    ['an exit of Tor on public pages', calls(50, { network: 'tor', pathTemplate: '/products/{id}' }), undefined],
    ['a listed address on public pages', calls(12, { threat: 'botnet', pathTemplate: '/products/{id}' }), 'low'],
    ['a listed address that looks in', calls(3, { threat: 'monitor-feed', pathTemplate: '/products/{id}' }), undefined],
    ['nobody’s list', calls(50, LOGIN), undefined],
  ])('%s', (_name, events, severity) => {
    expect(findingsIn(engineOf(knownBadSource), events).at(-1)?.severity).toBe(severity);
  });
});
