import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { trafficDrop } from './traffic-drop.definition.ts';

/** A Monday. */
const MONDAY = Date.UTC(2026, 0, 5);
const SOMEBODY = anApiEvent();
const NOBODY = anAnonymousEvent();

/** A caller at its clock, while `works`. */
const poller = (who: string, days: number, everyMs: number, works: (at: number) => boolean = () => true): ApiEvent[] =>
  Array.from({ length: (days * DAY_MS) / everyMs }, (_, i) => MONDAY + i * everyMs + who.length)
    .filter(works)
    .map((at) => ({
      ...SOMEBODY,
      startedAt: at,
      receivedAt: at,
      consumerId: who,
      consumerName: who,
      credentialId: who,
    }));
const others = (days: number): ApiEvent[] =>
  Array.from({ length: (days * DAY_MS) / MINUTE_MS }, (_, i) => MONDAY + i * MINUTE_MS).map((at) => ({ ...NOBODY, startedAt: at, receivedAt: at })); // prettier-ignore
const until = (day: number, hour = 0) => (at: number): boolean => at < MONDAY + day * DAY_MS + hour * HOUR_MS; // prettier-ignore
const outside =
  (day: number, hour: number, minutes: number) =>
  (at: number): boolean => {
    const from = MONDAY + day * DAY_MS + hour * HOUR_MS;
    return at < from || at >= from + minutes * MINUTE_MS;
  };
const told = (...streams: readonly ApiEvent[][]) => findingsIn(engineOf(trafficDrop), streams.flat());

describe('traffic-drop', () => {
  it.each([1, 3, 7])('tells once who asked every %d min and does no more, within what 15 of them take', (minutes) => {
    const found = told(others(7), poller('c1', 7, minutes * MINUTE_MS, until(4, 12)));
    expect(found.map(({ entity }) => entity.id)).toEqual(['c1']);
    const delay = (found[0]?.detectedAt ?? 0) - (MONDAY + 4.5 * DAY_MS);
    expect(delay).toBeLessThanOrEqual(Math.max(45, 16 * minutes) * MINUTE_MS + 10 * MINUTE_MS);
  });

  it('tells a machine that calls every six seconds after three minutes', () => {
    const found = told(others(4), poller('c1', 4, 6_000, outside(3, 12, 4)));
    expect(found.map(({ entity }) => entity.id)).toEqual(['c1']);
    expect((found[0]?.detectedAt ?? 0) - (MONDAY + 3.5 * DAY_MS)).toBeLessThanOrEqual(3.5 * MINUTE_MS);
  });

  it('tells a machine that is known for a day, and one that calls by chance after a quarter of an hour', () => {
    const stopped = told(others(2), poller('c1', 2, 6_000, outside(1, 3, 4)));
    expect(stopped.map(({ entity }) => entity.id)).toEqual(['c1']);
    const byChance = poller('c1', 3, 6_000, outside(2, 3, 20)).filter(({ startedAt }) => Math.imul(startedAt / 7, 2_654_435_761) >>> 31 === 0); // prettier-ignore
    expect(told(others(3), byChance).map(({ entity }) => entity.id)).toEqual(['c1']);
  });

  it('tells a machine after some minutes where the others call once in two or three minutes', () => {
    const seldom = others(4).filter((_event, i) => i % 5 === 0 || i % 5 === 2);
    expect(told(seldom, poller('c1', 4, 6_000, outside(3, 12, 12))).map(({ entity }) => entity.id)).toEqual(['c1']);
  });

  it.each<[string, readonly ApiEvent[][]]>([
    ['a machine while its gateway is silent as well', [others(4), poller('c1', 4, 6_000)].map((all) => all.filter(({ startedAt }) => outside(3, 12, 12)(startedAt)))], // prettier-ignore
    ['a machine that is restarted and is silent for as long as it was before', [others(4), poller('c1', 4, 6_000, (at) => outside(0, 3, 4)(at) && outside(3, 12, 6)(at))]], // prettier-ignore
    ['machines that are all restarted', [others(4), ...[1, 2, 3, 4].map((n) => poller('c'.repeat(n), 4, 6_000, outside(3, 12, 6)))]], // prettier-ignore
    ['a maintenance of half an hour', [others(6), poller('c1', 6, MINUTE_MS, outside(4, 12, 35))]],
    ['who is known for less than a day', [others(3), poller('c1', 3, MINUTE_MS, until(0, 22))]],
    [
      'who worked for two nights and days, and not at the weekend after',
      [others(7), poller('c1', 5, MINUTE_MS, (at) => at >= MONDAY + 3 * DAY_MS)],
    ],
    ['who works by day, known for two days', [others(3), poller('c1', 3, MINUTE_MS, (at) => until(2)(at) && at % DAY_MS > 8 * HOUR_MS && at % DAY_MS < 18 * HOUR_MS)]], // prettier-ignore
    ['who works day and night, but not at weekends', [others(7), poller('c1', 5, MINUTE_MS)]],
    ['a cron of each day', [others(16), poller('c1', 16, MINUTE_MS, (at) => at % DAY_MS < 30 * MINUTE_MS)]],
    ['a holiday on which many rest', [others(7), ...[1, 2, 3, 4, 5].map((n) => poller('c'.repeat(n), 7, MINUTE_MS, until(3, 12)))]], // prettier-ignore
    ['the silence of the whole gateway', [others(4), poller('c1', 4, MINUTE_MS, outside(3, 12, 240))].map((all) => all.filter(({ startedAt }) => outside(3, 12, 240)(startedAt)))], // prettier-ignore
    ['who comes seldom', [others(12), poller('c1', 12, 3 * HOUR_MS, until(9))]],
  ])('is silent about %s', (_name, streams) => {
    expect(told(...streams)).toEqual([]);
  });

  it('explains when a caller would be missed', () => {
    const engine = engineOf(trafficDrop);
    const events = poller('c1', 4, MINUTE_MS);
    findingsIn(engine, events);
    const last = events.at(-1) as ApiEvent;
    expect(engine.explain(last, 0)[0]?.says).toBe(
      'c1 paused for 60 s at most in 3.9 days and made 60.0 requests an hour of late: it would be missed after 45 min, if that is long enough for 15 requests.',
    );
  });
});
