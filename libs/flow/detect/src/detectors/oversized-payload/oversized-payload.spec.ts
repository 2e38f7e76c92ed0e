import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { at, consumer, findingsOf, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { oversizedPayload } from './oversized-payload.definition.ts';

const post = (who: number, startedAt: number, requestBytes: number, change: Partial<ApiEvent> = {}): ApiEvent =>
  at(startedAt, { ...consumer(who), method: 'POST', path: '/orders', pathTemplate: '/orders', status: 201, requestBytes, requestContentType: 'application/json', ...change }); // prettier-ignore
const usual = (n: number, change: Partial<ApiEvent> = {}) =>
  Array.from({ length: n }, (_, i) => post(i % 4, START + i * MINUTE, 900 + 40 * i, change));
const large = (n: number, bytes: number, change: Partial<ApiEvent> = {}) =>
  Array.from({ length: n }, (_, i) => post(7, START + (60 + i) * MINUTE, bytes, change));
const found = (...events: ApiEvent[][]) => findingsOf(oversizedPayload, events.flat());
const MB = 1_000_000;

describe('oversized-payload', () => {
  it('tells three bodies of 20 MB where some small ones are all that is known, and no two, no smaller ones, none without a past', () => {
    expect(found(usual(12), large(3, 20 * MB))).toHaveLength(1);
    expect(found(usual(12), large(2, 20 * MB))).toEqual([]);
    expect(found(usual(12), large(3, 6 * MB))).toEqual([]);
    expect(found(usual(5), large(3, 20 * MB))).toEqual([]);
  });

  it('tells three of 2 MB where an endpoint is well known', () => {
    expect(found(usual(60).map((event, i) => ({ ...event, startedAt: START + i * 30_000 })), large(3, 2 * MB))).toHaveLength(1); // prettier-ignore
  });

  it('lets files be large', () => {
    for (const change of [
      { path: '/uploads', pathTemplate: '/uploads' },
      { requestContentType: 'multipart/form-data' },
    ])
      expect(found(usual(12, change), large(6, 20 * MB, change))).toEqual([]);
  });
});
