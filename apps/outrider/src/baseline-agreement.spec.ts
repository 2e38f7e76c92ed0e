import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClickHouseBaselineStore } from '@outrider/clickhouse/clickhouse.baseline-store';
import { storedRows } from '@outrider/clickhouse/testing/event-rows';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { CallerHistory } from '@outrider/detect/baseline/caller-history';
import { spikeProfile, type SpikeProfile } from '@outrider/detect/baseline/spike-profile';
import { bandAt, type LearnedBaseline } from '@outrider/domain/baseline/learned-baseline';
import { anApiEvent, testRequestId } from '@outrider/domain/traffic/testing';

const MINUTE = 60_000;
const BLOCK = 5 * MINUTE;
const DAY = 86_400_000;
const AT = Date.UTC(2026, 0, 28, 10);

/** Mulberry32: the same traffic in every run. */
const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

const SHAPES = [
  {
    name: 'a person at work',
    days: 14,
    each: (hour: number, r: number) => (hour >= 8 && hour < 18 && r < 0.1 ? 1 + Math.floor(r * 60) : 0),
  },
  { name: 'a job each hour', days: 10, each: (_: number, r: number) => (r < 0.02 ? 9 : 0) },
  { name: 'a newcomer', days: 0.5, each: (_: number, r: number) => (r < 0.3 ? 2 : 0) },
  { name: 'one of three days', days: 3, each: (hour: number, r: number) => (r < 0.05 + hour / 100 ? 3 : 0) },
] as const;

const expectSame = (baseline: LearnedBaseline | undefined, profile: SpikeProfile): void => {
  if (!baseline) throw new Error('no baseline');
  const { warmUp, n, p999, max, requests, lifeMs } = profile;
  expect(baseline).toMatchObject({ warmUp, n, p999, max, requests, lifeMs });
  expect(baseline.spread).toBeCloseTo(profile.size, 8);
  expect(bandAt(baseline, AT, 1e-6).expected).toBeCloseTo(profile.mean, 8);
};

describe('the store’s baseline', () => {
  let engine: TemporaryStore;
  beforeAll(async () => {
    engine = await openTemporaryStore();
  });
  afterAll(() => engine.remove());

  it.each(SHAPES.map((shape, n) => ({ ...shape, n })))(
    'of $name is the detectors’ own profile',
    async ({ name, days, each, n }) => {
      const random = randomOf(n + 1);
      const minutes = Array.from({ length: days * 1_440 }, (_, i) => AT - days * DAY + i * MINUTE);
      const events = minutes.flatMap((at, i) =>
        Array.from({ length: each(new Date(at).getUTCHours(), random()) }, (_, k) =>
          anApiEvent({ id: testRequestId(n * 1e7 + i * 100 + k), consumerId: name, startedAt: at + k }),
        ),
      );
      for (let i = 0; i < events.length; i += 20_000)
        await engine.store.insertEvents({ rows: storedRows(events.slice(i, i + 20_000)), token: `${n}-${i}` });
      const now = AT / BLOCK;
      const range = { from: AT - 14 * DAY, to: AT };
      const rows = await engine.store.minuteCounts({ tenant: 'default', kind: 'consumer', entities: [name], range });
      const profile = spikeProfile(CallerHistory.fromMinutes(rows, now, []), now);
      const [baseline] = await new ClickHouseBaselineStore(engine.clickhouse).baselines({
        ...{ tenant: 'default', kind: 'consumer', ids: [name], metric: 'requests', step: '5m', at: AT },
      });
      expectSame(baseline, profile);
      // And of what people said about it: a day excluded, hours that were silent in part, a reset before it.
      const said = {
        from: AT - days * 0.6 * DAY,
        excluded: [
          { from: AT - days * 0.5 * DAY, to: AT - days * 0.4 * DAY },
          { from: AT - 3 * 3_600_000 + 1_234, to: AT - 2 * 3_600_000 },
        ],
      };
      const [taught] = await new ClickHouseBaselineStore(engine.clickhouse).baselines({
        ...{ tenant: 'default', kind: 'consumer', ids: [name], metric: 'requests', step: '5m', at: AT },
        excluded: new Map([[name, said.excluded]]),
        since: new Map([[name, said.from]]),
      });
      expectSame(taught, spikeProfile(CallerHistory.fromMinutes(rows, now, [], said), now));
    },
  );
});
