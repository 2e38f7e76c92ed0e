import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anonymousAt, findingsOf, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { requestSpike } from './request-spike.definition.ts';

const DAY = 24 * 60 * MINUTE;

/** `n` requests of one address, evenly over `withinMs` from `from` on; every `nth` gets `status`, the others 200. */
const requests = (
  n: number,
  withinMs: number,
  { from = START, nth = 1, ...more }: Partial<ApiEvent> & { from?: number; nth?: number } = {},
): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anonymousAt(from + Math.floor((i * withinMs) / n), {
      clientIp: '198.51.100.7',
      ...more,
      status: i % nth === 0 ? (more.status ?? 200) : 200,
    }),
  );
const told = (...streams: readonly ApiEvent[][]) =>
  findingsOf(requestSpike, streams.flat()).map(({ severity, observed }) => [severity, observed.metric]);

describe('a flood that the answers tell of, without any history', () => {
  it('is told of a caller that goes on though half of a minute is answered 429, and is high when it is ten times that', () => {
    expect(told(requests(1100, 40_000, { status: 429, nth: 2 }))[0]).toEqual(['medium', 'answers 429']);
    expect(told(requests(6000, 8_000, { status: 429 })).at(-1)).toEqual(['high', 'answers 429']);
  });

  it('is told of a caller that never waits for its answers', () => {
    expect(told(requests(170, 50_000, { status: 499, latencyTotalMs: 20 }))).toEqual([['medium', 'requests given up']]);
  });

  it('is told again on another day only when it is louder: who meets the limit every day has a job that does', () => {
    const days = [0, 1, 2].flatMap((day) => requests(600, 40_000, { from: START + day * DAY, status: 429 }));
    expect(told(days)).toHaveLength(1);
    expect(told(days, requests(2500, 9_000, { from: START + 3 * DAY, status: 429 }))).toHaveLength(2);
  });

  it.each<[string, ApiEvent[]]>([
    ['some refusals of a client that slows down', requests(480, 10 * MINUTE, { status: 429 })],
    ['a few refusals among what is answered', requests(4000, 55_000, { status: 429, nth: 7 })],
    ['clients that give up an upstream that hangs', requests(400, 50_000, { status: 499, latencyTotalMs: 30_000 })],
    ['searches given up while typing goes on', requests(300, 50_000, { status: 499, latencyTotalMs: 80, nth: 2 })],
  ])('is not told of %s', (_name, events) => {
    expect(told(events).filter(([, metric]) => metric !== 'requests')).toEqual([]);
  });
});
