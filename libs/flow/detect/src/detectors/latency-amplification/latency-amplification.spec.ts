import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { at, consumer, findingsOf, HOUR, START } from '../../objects/testing/object-traffic.ts';
import { latencyAmplification } from './latency-amplification.definition.ts';

const requests = (who: number, n: number, from: number, everyMs: number, latencyUpstreamMs: number): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => at(from + i * everyMs, { ...consumer(who), latencyUpstreamMs }));
const others = requests(2, 2_400, START - HOUR, 2_000, 20);
const found = (...events: readonly ApiEvent[][]) => findingsOf(latencyAmplification, events.flat());

describe('latency-amplification', () => {
  it('tells nine requests of ten seconds within a minute while the others are served as ever', () => {
    const [first] = found(others, requests(1, 12, START, 5_000, 10_000));
    expect((first?.detectedAt ?? Infinity) - START).toBeLessThanOrEqual(60_000);
  });

  it('tells five minutes of upstream time at an endpoint that is hardly used, where it was always fast', () => {
    const rare = (latency: number) =>
      requests(3, 6, START - HOUR, 60_000, latency).map((event) => ({ ...event, pathTemplate: '/reports' }));
    const attack = requests(1, 20, START, 5_000, 30_000).map((event) => ({ ...event, pathTemplate: '/reports' }));
    expect(found(others, rare(20), attack)).not.toEqual([]);
    expect(found(others, rare(2_000), attack)).toEqual([]);
    expect(found(others, attack)).toEqual([]);
  });

  it('tells thirty of eight seconds at a service with hardly anybody else, where those few are served as ever', () => {
    const few = (latency: number, from: number) => requests(2, 6, from, 60_000, latency);
    const past = requests(3, 200, START - HOUR, 10_000, 20);
    const attack = requests(1, 30, START, 10_000, 8_000);
    expect(found(past, few(20, START + 20_000), attack)).not.toEqual([]);
    expect(found(past, few(2_000, START + 20_000), attack)).toEqual([]);
    // who came before it began does not show how the service is now
    expect(found(past, few(20, START - 400_000), attack)).toEqual([]);
  });

  it('tells what a caller never asked in an hour of an endpoint that served several fast, with one other there', () => {
    const past = [2, 3, 4, 5].map((who) => requests(who, 48, START - 12 * HOUR, 14 * 60_000, 20));
    const before = (n: number, latency = 20) => requests(1, n, START - 3 * HOUR, 30_000, latency);
    const other = requests(6, 1, START + 60_000, 1_000, 20);
    const attack = [...requests(1, 40, START, 10_000, 8_000), ...other];
    expect(found(...past, before(10), attack)).not.toEqual([]);
    // whether all are slow cannot be seen, unless by who does not wait for its answers
    expect(found(...past, before(10), attack.slice(0, 40))).toEqual([]);
    expect(found(...past, before(10), requests(1, 30, START, 2_000, 8_000))).not.toEqual([]);
    // the nightly job that is slow for once
    expect(found(...past, before(60), attack)).toEqual([]);
    expect(found(...past.slice(0, 1), before(10), attack)).toEqual([]);
  });

  it('waits for twenty of four seconds, and lets the query go that is as heavy every hour', () => {
    expect(found(others, requests(1, 15, START, 5_000, 4_000))).toEqual([]);
    expect(found(others, requests(1, 12, START - HOUR / 2, 60_000, 7_000), requests(1, 12, START, 5_000, 10_000))).toEqual([]); // prettier-ignore
  });
});
