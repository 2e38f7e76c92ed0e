import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { silentSource } from './silent-source.definition.ts';

/** A Monday. */
const MONDAY = Date.UTC(2026, 0, 5);
type Rate = (at: number) => number;
const hourOf = (at: number): number => Math.floor(at / HOUR_MS) % 24;
const weekend = (at: number): boolean => Math.floor((at - MONDAY) / DAY_MS) % 7 >= 5;
const within = (at: number, from: number, minutes: number): boolean => at >= from && at < from + minutes * MINUTE_MS;

/** Parsed once: there are many of them. */
const NOBODY = anAnonymousEvent();
const SOMEBODY = anApiEvent();

/** Requests of ten callers; `rate` a minute. Evenly spread but for a shift that is the same at each run. */
const traffic = (days: number, rate: Rate, more: Partial<ApiEvent> = {}): ApiEvent[] => {
  const events: ApiEvent[] = [];
  let due = 0;
  let caller = 0;
  for (let at = MONDAY; at < MONDAY + days * DAY_MS; at += MINUTE_MS) {
    due += rate(at);
    for (let i = 0; due >= 1; due--, i++) {
      caller = (caller + 1) % 10;
      const startedAt = at + i * 997 + ((at / MINUTE_MS) % 7) * 101;
      events.push({ ...NOBODY, startedAt, receivedAt: startedAt, clientIp: `192.0.2.${caller}`, ...more }); // prettier-ignore
    }
  }
  return events;
};
const steady: Rate = () => 3;
const office: Rate = (at) => (!weekend(at) && hourOf(at) >= 7 && hourOf(at) < 18 ? 5 : 0);
/** An office by day and machines by night. */
const mixed: Rate = (at) => 0.5 + office(at);
const but = (rate: Rate, gone: (at: number) => boolean, left: Rate = () => 0): Rate => (at) => gone(at) ? left(at) : rate(at); // prettier-ignore
const job = (n: number, from: number, everyMs: number, id = 'job'): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => ({
    ...SOMEBODY,
    startedAt: from + i * everyMs,
    receivedAt: from + i * everyMs,
    consumerId: id,
    credentialId: id,
  }));
const NOON = MONDAY + 3 * DAY_MS + 12 * HOUR_MS;

const told = (...streams: readonly ApiEvent[][]): string[] => [
  ...new Set(
    findingsIn(engineOf(silentSource), streams.flat()).map(
      ({ entity, window }) => `${entity.kind} ${new Date(window.from).toISOString().slice(5, 13)}`,
    ),
  ),
];

describe('silent-source', () => {
  it.each<[string, ApiEvent[][]]>([
    [
      'all is silent and comes back',
      [
        traffic(
          5,
          but(steady, (at) => within(at, NOON, 30)),
        ),
      ],
    ],
    [
      'a stubborn client goes on by itself in the silence',
      [
        traffic(
          5,
          but(
            () => 6,
            (at) => within(at, NOON, 60),
          ),
        ),
        job(600, NOON, 6_000),
      ],
    ],
    ['a few stray lines break it', [traffic(5, but(steady, (at) => within(at, NOON, 90), () => 0.1))]], // prettier-ignore
    [
      'an office falls silent in the middle of its day',
      [
        traffic(
          5,
          but(mixed, (at) => within(at, NOON, 60)),
        ),
      ],
    ],
  ])('tells the gateway when %s', (_name, streams) => {
    expect(told(...streams)).toEqual(['gateway 01-08T12']);
  });

  it('says what was heard and what was to be expected', () => {
    const [first] = findingsIn(
      engineOf(silentSource),
      traffic(
        5,
        but(steady, (at) => within(at, NOON, 30)),
      ),
    );
    expect(first).toMatchObject({ severity: 'medium', observed: { value: 30 } });
    expect(first?.explanation).toMatch(/about \d\d were to be expected/);
  });

  it.each<[string, ApiEvent[][]]>([
    ['nights and weekends of an office', [traffic(16, office)]],
    [
      'a public holiday',
      [
        traffic(
          16,
          but(office, (at) => Math.floor((at - MONDAY) / DAY_MS) === 9),
        ),
      ],
    ],
    ['a holiday on which the machines go on', [traffic(16, but(mixed, (at) => Math.floor((at - MONDAY) / DAY_MS) === 9, () => 0.5))]], // prettier-ignore
    ['clocks that change: all comes an hour later', [traffic(16, (at) => mixed(at - (at > MONDAY + 9 * DAY_MS ? HOUR_MS : 0)))]], // prettier-ignore
    ['clocks that change: all comes an hour earlier', [traffic(16, (at) => mixed(at + (at > MONDAY + 9 * DAY_MS ? HOUR_MS : 0)))]], // prettier-ignore
    ['the tail of a file, when the last ones finish', [traffic(5, but(steady, (at) => at >= NOON, (at) => (at < NOON + 6 * HOUR_MS ? 0.1 : 0)))]], // prettier-ignore
    ['a nightly bulk job that ends early', [traffic(5, () => 0.4), ...[0, 1, 2, 3].map((day) => job(day === 3 ? 3000 : 12_000, MONDAY + day * DAY_MS + HOUR_MS, 600))]], // prettier-ignore
    [
      'logs of two hours a day',
      [
        traffic(
          9,
          but(steady, (at) => hourOf(at) < 10 || hourOf(at) >= 12),
        ),
      ],
    ],
    ['one cron a day', [...[0, 1, 2, 3, 4, 5].map((day) => job(300, MONDAY + day * DAY_MS + 3 * HOUR_MS, 1000))]],
    [
      'a restart of the gateway',
      [
        traffic(
          5,
          but(steady, (at) => within(at, NOON, 3)),
        ),
      ],
    ],
    ['load that ends', [traffic(3, steady), traffic(3, but(() => 0, (at) => within(at, MONDAY + 2.5 * DAY_MS, 60), () => 200))]], // prettier-ignore
  ])('is silent about %s', (_name, streams) => {
    expect(told(...streams)).toEqual([]);
  });

  it('tells the second of two equal maintenance windows no more', () => {
    const windows = (at: number): boolean => [2, 9].some((day) => within(at, MONDAY + (day + 0.1) * DAY_MS, 30));
    expect(told(traffic(12, but(steady, windows)))).toEqual(['gateway 01-07T02']);
  });

  it('tells a service while its gateway goes on, once, and not that it is gone for ever', () => {
    const gone = but(steady, (at) => at >= MONDAY + 9 * DAY_MS);
    const findings = findingsIn(engineOf(silentSource), [
      ...traffic(14, gone, { serviceId: 'orders', serviceName: 'orders' }),
      ...traffic(14, steady, { serviceId: 'users', serviceName: 'users' }),
    ]);
    expect(new Set(findings.map(({ entity }) => `${entity.kind} ${entity.name}`))).toEqual(new Set(['service orders']));
    expect(findings.every(({ detectedAt }) => detectedAt < MONDAY + 10.1 * DAY_MS)).toBe(true);
  });

  it('tells no service when the gateway is what is silent', () => {
    expect(
      told(
        traffic(
          12,
          but(steady, (at) => within(at, NOON + 6 * DAY_MS, 120)),
        ),
      ),
    ).toEqual(['gateway 01-14T12']);
  });

  it('explains a lull that goes on', () => {
    const engine = engineOf(silentSource);
    findingsIn(engine, traffic(3.5, steady));
    const stray = anAnonymousEvent({ startedAt: NOON + 20 * MINUTE_MS });
    engine.observeNow(stray, 0, []);
    expect(engine.explain(stray, 0)[0]?.says).toMatch(/^No request of gateway default was logged for 20 min/);
  });
});
