import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { at, findingsOf, START } from '../../objects/testing/object-traffic.ts';
import { METHOD_TAMPERING } from './method-tampering.definition.ts';

const tries = (pairs: readonly (readonly [method: string, path: string, status: number])[], overrides: Partial<ApiEvent> = {}) => // prettier-ignore
  pairs.map(([method, path, status], i) => at(START + i * 15_000, { method, path, pathTemplate: path, status, ...overrides })); // prettier-ignore
const found = (events: readonly ApiEvent[]) => findingsOf(METHOD_TAMPERING, events);

describe('method-tampering', () => {
  it('tells odd methods on a few paths, whatever refuses them', () => {
    expect(found(tries([['TRACE', '/a', 405], ['TRACK', '/b', 401], ['PROPFIND', '/c', 501]]))).not.toEqual([]); // prettier-ignore
  });

  it('tells ordinary methods that are tried one after the other', () => {
    const all = ['PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      ['/a', '/b'].map((path) => [method, path, 405] as const),
    );
    expect(found(tries(all))).not.toEqual([]);
  });

  it('tells override headers that ask for another method', () => {
    const events = ['DELETE', 'PUT', 'TRACE', 'PATCH'].map((methodOverride, i) => at(START + i * 9_000, { method: 'POST', methodOverride, path: '/a', pathTemplate: '/a', status: 405 })); // prettier-ignore
    expect(found(events)).not.toEqual([]);
  });

  it('is silent on a broken client that repeats one pair, on preflights, and on overrides that work', () => {
    expect(found(tries(Array.from({ length: 50 }, () => ['DELETE', '/a', 405] as const)))).toEqual([]);
    expect(found(tries(Array.from({ length: 50 }, (_, i) => ['OPTIONS', `/a${i}`, 405] as const)))).toEqual([]);
    expect(found(tries(Array.from({ length: 50 }, (_, i) => ['POST', `/a${i}`, 200] as const), { methodOverride: 'PATCH' }))).toEqual([]); // prettier-ignore
  });

  it('tells overrides that are answered, of a consumer that never sent any at a service that never had any', () => {
    const known = Array.from({ length: 30 }, (_, hour) => at(START - (30 - hour) * 3_600_000, { path: '/a', pathTemplate: '/a' })); // prettier-ignore
    const events = [0, 1, 2].map((i) => at(START + i * 9_000, { method: 'POST', methodOverride: 'DELETE', path: `/a/${i}`, pathTemplate: '/a/{id}', status: 200 })); // prettier-ignore
    expect(found([...known, ...events])).toHaveLength(1);
    expect(found([...known, ...events.map((event) => ({ ...event, methodOverride: 'GET' }))])).toEqual([]);
    const soon = (n: number) => Array.from({ length: n }, (_, i) => at(START - 40 * 60_000 + i * 80_000, { path: '/a', pathTemplate: '/a' })); // prettier-ignore
    expect(found([...soon(25), ...events])).toHaveLength(1);
    expect(found([...soon(12), ...events])).toEqual([]);
    const custom = [2, 3, 4].map((n) => at(START - 60_000 + n, { consumerId: `consumer-${n}`, consumerName: `c-${n}`, method: 'POST', methodOverride: 'PUT', path: '/b', pathTemplate: '/b' })); // prettier-ignore
    expect(found([...known, ...custom, ...events])).toEqual([]);
  });

  it('is silent on a service that refuses for a while what it offers', () => {
    const works = tries([['PUT', '/a', 200], ['PATCH', '/b', 200], ['DELETE', '/c', 204], ['PUT', '/d', 200], ['PATCH', '/e', 200]]); // prettier-ignore
    expect(found([...works, ...works.map((event) => ({ ...event, startedAt: event.startedAt + 600_000, receivedAt: event.receivedAt + 600_000, status: 501 }))])).toEqual([]); // prettier-ignore
  });
});
