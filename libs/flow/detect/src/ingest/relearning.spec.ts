import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { LimitError } from '@outrider/platform/errors';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { LiveTeachingTimes } from '../controls/live-teaching-times.ts';
import { callerKeyOf } from '../engine/caller-key.ts';
import { endpointKeyOf } from '../knowledge/knowledge.ts';
import { AT, guesses, MINUTE_MS, StageRun } from '../testing/stage-run.ts';
import { Lane } from './lane.ts';
import { planReplays } from './replay-plan.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1_048_576;

let store: FakeEventStore;
let alerts: FakeAlertStore;
beforeEach(() => {
  store = new FakeEventStore();
  alerts = new FakeAlertStore();
});
const aRun = (): StageRun => new StageRun(store, alerts);
const raised = (): string[] => [...alerts.alerts.values()].map(({ type }) => type);
const at = (startedAt: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({ startedAt, receivedAt: startedAt + 50, ...overrides });

/** A little each hour, and 64 MiB in the first hour of every day. */
const exporting = (from: number, days: number): ApiEvent[] =>
  Array.from({ length: days * 24 }, (_, hour) => hour).flatMap((hour) =>
    Array.from({ length: hour % 24 === 0 ? 32 : 4 }, (_, i) =>
      at(from + hour * HOUR_MS + i * MINUTE_MS, { responseBytes: hour % 24 === 0 ? 2 * MIB : 50_000 }),
    ),
  );

describe('what detectors know by heart', () => {
  it('is known after a restart: what a caller does every day is no news', async () => {
    const from = AT - 3 * DAY_MS - 12 * HOUR_MS;
    const days = exporting(from, 4);
    const cut = days.findIndex(({ startedAt }) => startedAt >= from + 2 * DAY_MS + 12 * HOUR_MS);
    await aRun().take(0, days.slice(0, cut));
    expect(raised()).toEqual([]);
    const second = aRun();
    await second.recover();
    expect(second.engine.counts.observed).toBe(cut);
    await second.take(1, days.slice(cut));
    expect(raised()).toEqual([]);
  });

  it('is learned without telling again what was told in its time', async () => {
    const old = guesses(16).map((event) => {
      const startedAt = event.startedAt - HOUR_MS;
      return { ...event, startedAt, receivedAt: startedAt + 50 };
    });
    await aRun().take(0, [...old, at(AT)]);
    expect(raised()).toEqual(['brute-force']);
    alerts = new FakeAlertStore();
    const second = aRun();
    await second.recover();
    expect([second.engine.counts.observed, raised()]).toEqual([17, []]);
    expect(await second.counted('relearned_total')).toBe(17);
  });

  it('of a partition that is taken over while others are kept does not turn their time back', async () => {
    await aRun().take(0, exporting(AT - 2 * DAY_MS, 2), { partition: 1 });
    const kept = new StageRun(store, alerts, [0]);
    await kept.take(0, [at(AT + MINUTE_MS)], { partition: 0 });
    const ticks: number[] = [];
    const tick = kept.engine.tick.bind(kept.engine);
    kept.engine.tick = (now, findings) => (ticks.push(now), tick(now, findings));
    await kept.partitions.assign({ gained: [1], lost: [] });
    expect(kept.engine.counts.observed).toBe(store.events.length);
    expect(ticks.every((now) => now >= AT - DAY_MS)).toBe(true);
    expect(raised()).toEqual([]);
  });
});

describe('what people said must not teach is not learned after a restart either', () => {
  const from = AT - 3 * DAY_MS - 12 * HOUR_MS;
  const half = from + 2 * DAY_MS + 12 * HOUR_MS;
  const days = exporting(from, 4);
  const cut = days.findIndex(({ startedAt }) => startedAt >= half);
  const ALICE = at(AT).consumerId;
  const control = (over: Partial<OwnedBaselineControl>): OwnedBaselineControl => ({
    ...{ id: '00000000-0000-4000-8000-000000000001', tenant: 'default', action: 'reset', kind: 'consumer' },
    ...{ entityId: ALICE, from: 0, to: null, reason: 'spec', createdAt: 0, createdBy: 'ann', ...over },
  });
  /** Which of the events before the restart the caller's detectors learn from, and all of what is known of the endpoint. */
  const learned = async (...controls: OwnedBaselineControl[]) => {
    const teaching = new LiveTeachingTimes();
    teaching.refresh(controls, AT);
    await aRun().take(0, days.slice(0, cut));
    const { engine, partitions } = new StageRun(store, alerts, undefined, teaching);
    await partitions.assign({ gained: [0, 1, 2, 3], lost: [] });
    const [first] = days;
    return {
      seen: engine.counts.observed,
      left: engine.counts.untaught,
      answers: first && engine.knowledge.endpoint(endpointKeyOf(first))?.successes,
    };
  };

  it('what came before a reset', async () => {
    const reset = from + DAY_MS + 30 * MINUTE_MS;
    const before = days.filter(({ startedAt }) => startedAt < reset).length;
    expect(await learned(control({ from: reset }))).toMatchObject({ seen: cut - before, left: before, answers: cut });
  });

  it('what came within an exclusion', async () => {
    const excluded = { from: from + DAY_MS, to: from + DAY_MS + 2 * HOUR_MS - 1 };
    const within = days.filter(({ startedAt }) => startedAt >= excluded.from && startedAt <= excluded.to).length;
    expect(await learned(control({ action: 'exclusion', ...excluded }))).toMatchObject({
      seen: cut - within,
      left: within,
      answers: cut,
    });
  });

  it('and all of other callers is learned', async () => {
    expect(await learned(control({ from: AT, entityId: 'bob' }))).toMatchObject({ seen: cut, left: 0 });
  });
});

it('a past that the store cannot give at once is asked for in a smaller part, and no caller is learned twice', async () => {
  const days = exporting(AT - 3 * DAY_MS, 3);
  await aRun().take(0, days);
  const second = aRun();
  const asked: number[] = [];
  const recall = store.recall.bind(store);
  store.recall = async function* (query) {
    asked.push(query.range.to - query.range.from);
    const isTooMuch = query.range.to - query.range.from > 3 * DAY_MS;
    for await (const events of recall(query)) {
      yield events;
      if (isTooMuch) throw new LimitError('too much');
    }
  };
  await second.recover();
  const least = Math.min(...asked);
  expect(least).toBeLessThan(3 * DAY_MS);
  const reached = days.filter(({ startedAt }) => startedAt >= (days.at(-1)?.startedAt ?? 0) - (7 * DAY_MS) / 4).length;
  expect(second.engine.knowledge.profile(callerKeyOf(at(AT)))?.requests).toBe(reached);
});

describe('a plan of replays', () => {
  const lane = (partition: number): Lane => new Lane(partition, {} as Lane['writer'], 0);
  const newest = new Map([
    [0, AT],
    [1, AT - 3 * HOUR_MS],
  ]);
  const options = { replayMs: 15 * MINUTE_MS, learnMs: 7 * DAY_MS, maxReplayed: 100 };
  const plan = () => planReplays([lane(0), lane(1)], newest, store, options);

  it('is one reading where that reaches all lanes', async () => {
    await aRun().take(0, [at(AT - 5 * HOUR_MS), at(AT)]);
    expect((await plan()).map(({ reach }) => [...reach.keys()])).toEqual([[1, 0]]);
  });

  it('begins with the windows of a lane that it would not reach', async () => {
    await aRun().take(
      0,
      Array.from({ length: 200 }, (_, i) => at(AT - HOUR_MS + i * 1_000)),
    );
    const plans = await plan();
    expect(plans.map(({ reach }) => [...reach.keys()])).toEqual([[1], [1, 0]]);
    expect(plans[0]).toMatchObject({
      until: AT - HOUR_MS + 100_050,
      range: { from: AT - 3 * HOUR_MS - 15 * MINUTE_MS },
    });
  });
});
