import { describe, expect, it } from '@jest/globals';
import type { SpikeProfile } from '../../baseline/spike-profile.ts';
import { judgeRequestSpike, type SpikeView } from './request-spike.detector.ts';
import { RequestSpikeSettings } from './request-spike.settings.ts';

const settings = RequestSpikeSettings.parse({});
const DAY_MS = 86_400_000;

const aProfile = (overrides: Partial<SpikeProfile> = {}): SpikeProfile => ({
  warmUp: 'seasonal',
  mean: 100,
  size: 10,
  p999: 220,
  max: 260,
  maxMinute: 80,
  n: 4032,
  activeMinutes: 10_000,
  requests: 400_000,
  lifeMs: 15 * DAY_MS,
  ...overrides,
});

const learning = (overrides: Partial<SpikeProfile> = {}): SpikeProfile =>
  aProfile({
    warmUp: 'learning',
    mean: 60,
    size: 2,
    p999: 80,
    max: 80,
    maxMinute: 25,
    n: 12,
    activeMinutes: 55,
    requests: 700,
    lifeMs: 3_600_000,
    ...overrides,
  });

const aView = (
  overrides: Omit<Partial<SpikeView>, 'situation'> & { situation?: Partial<SpikeView['situation']> } = {},
): SpikeView => ({
  count5m: 100,
  count30s: 10,
  count20s: 7,
  recentMax: 120,
  profile: aProfile(),
  pastBuckets: 1000,
  pastRequests: 100_000,
  busiestBucket: 20,
  peers: { callers: 20, q90: 300, max: 600 },
  arrival: { anonymous: false, leadBuckets: 60, monotony: 0, sameness: 0 },
  ...overrides,
  situation: {
    scheduledOnset: false,
    surge: 1,
    serverErrorShare: 0,
    explainedShare: 0,
    addresses: 0,
    perAddress: 0,
    changes: 0,
    ...overrides.situation,
  },
});

describe('request-spike', () => {
  it('tells a quiet caller that asks the same hundreds of times, and lets one go that reads and writes in turns', () => {
    const quiet = (sameness: number, minutes: number) =>
      judgeRequestSpike(
        aView({
          count5m: 450,
          count30s: 45,
          count20s: 30,
          recentMax: 3,
          pastBuckets: 12,
          pastRequests: 13,
          busiestBucket: 1,
          peers: { callers: 20, q90: 30, max: 60 },
          arrival: { anonymous: false, leadBuckets: 0, monotony: 1, sameness },
          profile: { ...aProfile(), warmUp: 'learning', mean: 1, max: 3, maxMinute: 1, activeMinutes: 13, requests: 13, lifeMs: minutes * 60_000 },
        }),
        settings,
      )?.rule; // prettier-ignore
    expect(quiet(1, 40)).toBe('learning');
    expect(quiet(0.5, 40)).toBeUndefined();
    expect(quiet(1, 5)).toBeUndefined();
    expect(judgeRequestSpike(aView({ count5m: 700 }), settings)?.rule).toBe('baseline');
    expect(judgeRequestSpike(aView({ count5m: 700, situation: { changes: 0.33 } }), settings)).toBeUndefined();
    expect(judgeRequestSpike(aView({ count5m: 9_000, situation: { changes: 0.33 } }), settings)?.severity).toBe(
      'medium',
    );
    expect(judgeRequestSpike(aView({ count5m: 700, situation: { changes: 1 } }), settings)?.rule).toBe('baseline');
  });

  it.each<[string, SpikeView, string | undefined]>([
    ['the usual', aView(), undefined],
    ['seasonal: beyond everything of 14 days', aView({ count5m: 700 }), 'baseline'],
    [
      'seasonal: three times the mean, but seen before',
      aView({ count5m: 310, profile: aProfile({ p999: 300, max: 320 }) }),
      undefined,
    ],
    [
      'seasonal: far beyond the past but below the floor',
      aView({ count5m: 150, profile: aProfile({ mean: 2, p999: 10, max: 12, maxMinute: 9 }) }),
      undefined,
    ],
    [
      'seasonal: the weekly batch at its hour',
      aView({ count5m: 3000, profile: aProfile({ mean: 1400, size: 1, p999: 2800, max: 3000, maxMinute: 900 }) }),
      undefined,
    ],
    [
      'provisional: what would do later is not yet enough',
      aView({ count5m: 400, recentMax: 100, profile: aProfile({ warmUp: 'provisional' }) }),
      undefined,
    ],
    [
      'provisional: a ramp that goes on for long',
      aView({ count5m: 900, recentMax: 700, profile: aProfile({ warmUp: 'provisional' }) }),
      undefined,
    ],
    [
      'provisional: abrupt and large',
      aView({ count5m: 1500, recentMax: 130, profile: aProfile({ warmUp: 'provisional' }) }),
      'baseline',
    ],
    ['fast: a loop of hundreds a second', aView({ count5m: 2600, count30s: 2500, count20s: 2500 }), 'fast'],
    ['learning: ten times its past and beyond its peers', aView({ count5m: 1300, profile: learning() }), 'learning'],
    [
      'learning: beyond its past, but as its peers do',
      aView({ count5m: 650, profile: learning(), peers: { callers: 20, q90: 1000, max: 1200 } }),
      undefined,
    ],
    [
      'learning: the longer its own life, the less its peers count',
      aView({
        count5m: 650,
        profile: learning({ lifeMs: 12 * 3_600_000 }),
        peers: { callers: 20, q90: 1000, max: 1200 },
      }),
      'learning',
    ],
    ['learning: little past, much doubt', aView({ count5m: 600, profile: learning({ lifeMs: 600_000 }) }), undefined],
    ...(
      [
        ['learning: a loop of one client at one endpoint, a hundred times its past', 400, 4, 0.97, 60, 'learning'],
        ['learning: as many requests of many kinds', 400, 4, 0.5, 60, undefined],
        ['learning: a loop that is no more than ten times its past', 400, 40, 0.97, 60, undefined],
        ['learning: a customer that came after the others loads what it needs', 750, 25, 1, 1000, undefined],
        ['learning: the same with many requests a second', 3000, 25, 1, 1000, 'learning'],
      ] as const
    ).map(([name, count5m, recentMax, monotony, leadBuckets, rule]): [string, SpikeView, string | undefined] => [
      name,
      aView({
        count5m,
        count30s: count5m / 10,
        recentMax,
        profile: learning({ mean: 3, max: recentMax }),
        peers: { callers: 20, q90: 20, max: 40 },
        arrival: { anonymous: false, leadBuckets, monotony, sameness: 0 },
      }),
      rule,
    ]),
    [
      'learning: starts on the quarter of an hour like a job',
      aView({ count5m: 1300, profile: learning(), situation: { scheduledOnset: true } }),
      undefined,
    ],
    [
      'learning: on the quarter, but beyond any job',
      aView({ count5m: 5000, profile: learning(), situation: { scheduledOnset: true } }),
      'learning',
    ],
    [
      'learning: the loop of Neosec after a life of one a second',
      aView({
        count5m: 2100,
        count30s: 2000,
        count20s: 1990,
        recentMax: 0,
        profile: learning({ activeMinutes: 1, requests: 0, max: 0, p999: 0, maxMinute: 0, lifeMs: 60_000 }),
        pastBuckets: 3,
        pastRequests: 35,
        busiestBucket: 14,
      }),
      'young',
    ],
    ...(
      [
        ['young: two hundred in 20 s of one client at one endpoint', 0.98, 'young'],
        ['young: as many of a page that loads', 0.6, undefined],
      ] as const
    ).map(([name, monotony, rule]): [string, SpikeView, string | undefined] => [
      name,
      aView({
        count5m: 330,
        count30s: 320,
        count20s: 250,
        recentMax: 0,
        profile: learning({ activeMinutes: 3, requests: 9, max: 4, p999: 4, maxMinute: 2, lifeMs: 600_000 }),
        pastBuckets: 9,
        pastRequests: 10,
        busiestBucket: 2,
        peers: { callers: 5, q90: 8, max: 9 },
        arrival: { anonymous: false, leadBuckets: 6, monotony, sameness: 0 },
      }),
      rule,
    ]),
    ...(
      [
        ['a customer that is being taken on loads what it needs', 3, undefined],
        ['the same of one that calls seldom, but for days', 72, 'learning'],
      ] as const
    ).map(([name, hours, rule]): [string, SpikeView, string | undefined] => [
      name,
      aView({
        count5m: 1200,
        count30s: 150,
        recentMax: 20,
        profile: learning({ max: 20, maxMinute: 9, lifeMs: hours * 3_600_000 }),
        arrival: { anonymous: false, leadBuckets: 6 * 60 * 5, monotony: 0, sameness: 0 },
      }),
      rule,
    ]),
    ...(
      [
        ['newcomer: a loop of one client at one endpoint, and nobody there to compare it with', true, 0.99, 'newcomer'],
        ['newcomer: the same of many clients and endpoints', true, 0.4, undefined],
        ['newcomer: the same of a consumer, whose first load it may be', false, 0.99, undefined],
      ] as const
    ).map(([name, anonymous, monotony, rule]): [string, SpikeView, string | undefined] => [
      name,
      aView({
        count5m: 3100,
        count30s: 3100,
        count20s: 3100,
        recentMax: 0,
        profile: learning({ activeMinutes: 0, requests: 0, max: 0, p999: 0, maxMinute: 0 }),
        pastBuckets: 0,
        pastRequests: 0,
        busiestBucket: 0,
        peers: { callers: 0, q90: 0, max: 0 },
        arrival: { anonymous, leadBuckets: 0, monotony, sameness: 0 },
      }),
      rule,
    ]),
    [
      'newcomer: busy from the first minute',
      aView({
        count5m: 1500,
        count30s: 900,
        count20s: 700,
        recentMax: 0,
        profile: learning({ activeMinutes: 0, requests: 0, max: 0, p999: 0, maxMinute: 0 }),
        pastBuckets: 0,
        pastRequests: 0,
        busiestBucket: 0,
      }),
      undefined,
    ],
    ...(
      [
        ['arrival: an address out of nothing, one client at one endpoint', {}, {}, 'arrival'],
        ['arrival: the same from many clients, as behind a NAT', { monotony: 0.4, sameness: 0 }, {}, undefined],
        ['arrival: it was there when the watch began', { leadBuckets: 3 }, {}, undefined],
        ['arrival: a consumer loads its data for the first time', { anonymous: false }, {}, undefined],
        ['arrival: others are as busy', {}, { max: 1500 }, undefined],
      ] as const
    ).map(([name, arrival, peers, rule]): [string, SpikeView, string | undefined] => [
      name,
      aView({
        count5m: 1600,
        count30s: 300,
        recentMax: 0,
        profile: learning({ activeMinutes: 0, requests: 0, max: 0, p999: 0, maxMinute: 0 }),
        pastBuckets: 4,
        pastRequests: 40,
        busiestBucket: 100,
        arrival: { anonymous: true, leadBuckets: 60, monotony: 0.97, sameness: 0, ...arrival },
        peers: { callers: 20, q90: 80, max: 200, ...peers },
      }),
      rule,
    ]),
    [
      'audience: a thousand phones with one key, each a few requests',
      aView({ count5m: 2600, count30s: 2500, situation: { addresses: 512, perAddress: 2.4 } }),
      undefined,
    ],
    ['surge: everybody rose', aView({ count5m: 1300, profile: learning(), situation: { surge: 4.5 } }), undefined],
    [
      'retry storm: mostly server errors',
      aView({ count5m: 2600, count30s: 2500, situation: { serverErrorShare: 0.7 } }),
      undefined,
    ],
    [
      'guessing run: explained already',
      aView({ count5m: 2600, count30s: 2500, situation: { explainedShare: 0.9 } }),
      undefined,
    ],
  ])('%s', (_name, view, rule) => {
    expect(judgeRequestSpike(view, settings)?.rule).toBe(rule);
  });

  it('is sure enough to act by itself only on a mature baseline or the fast path', () => {
    const confidence = (view: SpikeView): number => judgeRequestSpike(view, settings)?.confidence ?? 0;
    expect(confidence(aView({ count5m: 700 }))).toBeGreaterThanOrEqual(0.8);
    expect(confidence(aView({ count30s: 2500 }))).toBeGreaterThanOrEqual(0.9);
    expect(
      confidence(aView({ count5m: 100_000, recentMax: 130, profile: aProfile({ warmUp: 'provisional' }) })),
    ).toBeLessThan(0.8);
    expect(confidence(aView({ count5m: 100_000, profile: learning() }))).toBeLessThan(0.8);
  });
});
