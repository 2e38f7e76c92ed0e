import { describe, expect, test } from '@jest/globals';
import type { OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import type { MinuteCount } from '@outrider/ports/event-store';
import { StoredBaselines } from '../baseline/baseline-source.ts';
import { LiveTeachingTimes } from '../controls/live-teaching-times.ts';
import { distributedFlood } from '../detectors/distributed-flood/distributed-flood.definition.ts';
import { errorSpike } from '../detectors/error-spike/error-spike.definition.ts';
import { requestSpike } from '../detectors/request-spike/request-spike.definition.ts';
import { endpointKeyOf } from '../knowledge/knowledge.ts';
import { DetectSettings } from '../settings.ts';
import { callerKeyOf } from './caller-key.ts';
import { DetectionEngine } from './detection-engine.ts';
import type { DetectorDefinition } from './detector.ts';

/** A Wednesday, at an odd minute: nothing is due then. */
const AT = Date.UTC(2026, 0, 14, 10, 7, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ALICE = anApiEvent();
const times = (n: number, everyMs: number, make: (at: number, i: number) => ApiEvent, from: number): ApiEvent[] =>
  Array.from({ length: n }, (_, i) => make(from + i * everyMs, i));

const control = (over: Partial<OwnedBaselineControl>): OwnedBaselineControl => ({
  ...{ id: '00000000-0000-4000-8000-000000000001', tenant: 'default', action: 'reset', kind: 'consumer' },
  ...{ entityId: ALICE.consumerId, from: 0, to: null, reason: 'spec', createdAt: 0, createdBy: 'ann' },
  ...over,
});

/** An engine over alice's minutes as the store has them. */
const setUp = (minutes: readonly MinuteCount[] = [], catalogue: readonly DetectorDefinition[] = []) => {
  const teaching = new LiveTeachingTimes();
  const made: string[] = [];
  const store = {
    minuteCounts: async ({ range }: { readonly range: { readonly from: number; readonly to: number } }) =>
      minutes.filter(({ minute }) => minute >= range.from && minute < range.to),
  };
  const baselines = new StoredBaselines(store, { list: async () => [] }, teaching);
  const engine = new DetectionEngine(DetectSettings.parse({}), baselines, {
    ...{ teaching, catalogue },
    onNewProfile: (_event, key) => void made.push(key),
  });
  const take = async (events: readonly ApiEvent[]): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for (const event of events) await engine.observe(event, 0, findings);
    return findings;
  };
  const says = (type: string, event: ApiEvent): string | undefined =>
    engine.explain(event, 0).find((one) => one.type === type)?.says;
  return { teaching, engine, made, take, says };
};

const minuteCount = (minute: number, requests: number): MinuteCount => ({
  ...{ entity: ALICE.consumerId, minute, requests, serverErrors: 0, clientErrors: 0, refused: 0 },
});
/** Ten days of 40 a minute, and each day from 10:00 to 10:10 ten times that. */
const busyDays = Array.from({ length: 10 * 1_440 }, (_, i) => {
  const minute = Math.floor((AT - 10 * DAY + i * MINUTE) / MINUTE) * MINUTE;
  const ofDay = minute % DAY;
  return minuteCount(minute, ofDay >= 10 * HOUR && ofDay < 10 * HOUR + 10 * MINUTE ? 400 : 40);
});
const rush = (from: number): ApiEvent[] => times(1_500, 130, (startedAt) => anApiEvent({ startedAt }), from);

describe('request-spike', () => {
  test('takes what was always so for usual, and nothing of it once somebody excluded those times', async () => {
    const { take, teaching } = setUp(busyDays, [requestSpike]);
    expect(await take(rush(AT))).toEqual([]);
    const excluded = Array.from({ length: 11 }, (_, i) => {
      const from = Math.floor(AT / DAY) * DAY - i * DAY + 10 * HOUR;
      return control({
        id: `00000000-0000-4000-8000-0000000000${10 + i}`,
        action: 'exclusion',
        from,
        to: from + 10 * MINUTE - 1,
      });
    });
    teaching.refresh(excluded, AT + 4 * MINUTE);
    const [finding] = await take(rush(AT + 30 * MINUTE));
    expect(finding).toMatchObject({ type: 'request-spike', expected: { warmUp: 'mature' } });
    expect(finding?.expected.mean).toBeLessThan(250);
  });

  test('begins to learn anew after a reset, and knows all again once it is taken back', async () => {
    const { take, says, teaching } = setUp(busyDays, [requestSpike]);
    const last = rush(AT).at(-1) ?? ALICE;
    await take(rush(AT));
    expect(says('request-spike', last)).toContain('(mature)');
    teaching.refresh([control({ from: AT + 4 * MINUTE })], AT + 4 * MINUTE);
    const later = times(300, 900, (startedAt) => anApiEvent({ startedAt }), AT + 5 * MINUTE);
    await take(later);
    expect(says('request-spike', later.at(-1) ?? ALICE)).toContain('less than a day');
    teaching.refresh([], AT + 10 * MINUTE);
    const again = times(300, 900, (startedAt) => anApiEvent({ startedAt }), AT + 10 * MINUTE);
    await take(again);
    expect(says('request-spike', again.at(-1) ?? ALICE)).toContain('(mature)');
  });

  test('of other callers and tenants is left as it was', async () => {
    const { take, says, teaching } = setUp(busyDays, [requestSpike]);
    teaching.refresh([control({ tenant: 'other', from: AT }), control({ entityId: 'bob', from: AT })], AT + 1);
    await take(rush(AT));
    expect(says('request-spike', rush(AT).at(-1) ?? ALICE)).toContain('(mature)');
  });
});

describe('a reset', () => {
  const tenDays = times(240, HOUR, (startedAt) => anApiEvent({ startedAt }), AT - 10 * DAY);

  test('begins the warm-up of a caller anew, with the requests after it alone', async () => {
    const seen: string[] = [];
    const watching: DetectorDefinition = {
      ...errorSpike,
      make: () => ({
        observe: (_event, at, caller) =>
          void seen.push(`${caller.warmUp} ${caller.requests(Math.floor(at / 10_000) - 29, Math.floor(at / 10_000))}`),
        evicted: 0,
        forgetLanes: () => undefined,
        forget: () => undefined,
      }),
    };
    const { take, teaching } = setUp([], [watching]);
    await take([...tenDays, ...times(10, 1_000, (startedAt) => anApiEvent({ startedAt }), AT)]);
    expect(seen.at(-1)).toBe('mature 10');
    teaching.refresh([control({ from: AT + 60_000 })], AT + 60_000);
    await take(times(3, 1_000, (startedAt) => anApiEvent({ startedAt }), AT + 70_000));
    expect(seen.at(-1)).toBe('learning 3');
  });

  test('forgets a profile, which is read anew from the store, and learns nothing of what came before it', async () => {
    const { take, teaching, engine, made } = setUp();
    await take(tenDays);
    const key = callerKeyOf(ALICE);
    expect(engine.knowledge.profile(key)?.requests).toBe(240);
    teaching.refresh([control({ from: AT - 30 * MINUTE })], AT);
    await take([
      anApiEvent({ startedAt: AT - 40 * MINUTE }),
      ...times(4, 1_000, (startedAt) => anApiEvent({ startedAt }), AT),
    ]);
    expect(engine.knowledge.profile(key)?.requests).toBe(4);
    expect(made).toEqual([key, key]);
  });

  test('from a moment to come holds when it has come, not before', async () => {
    const { take, teaching, engine } = setUp();
    await take(tenDays);
    const key = callerKeyOf(ALICE);
    const reset = control({ from: AT + HOUR });
    teaching.refresh([reset], AT);
    await take([anApiEvent({ startedAt: AT })]);
    expect(engine.knowledge.profile(key)?.requests).toBe(241);
    teaching.refresh([reset], AT + HOUR);
    await take([anApiEvent({ startedAt: AT + HOUR })]);
    expect(engine.knowledge.profile(key)?.requests).toBe(1);
  });

  test('of an endpoint forgets whom it served until it serves somebody again; time that is excluded adds nothing', async () => {
    const { take, teaching, engine } = setUp();
    await take(tenDays);
    const key = endpointKeyOf(ALICE);
    const entityId = `${ALICE.serviceId} ${ALICE.method} ${ALICE.pathTemplate}`;
    expect(engine.knowledge.endpoint(key)?.successes).toBe(240);
    teaching.refresh([control({ kind: 'endpoint', entityId, from: AT })], AT);
    expect(engine.knowledge.endpoint(key)).toBeUndefined();
    await take([anApiEvent({ startedAt: AT + 1_000 })]);
    expect(engine.knowledge.endpoint(key)?.successes).toBe(1);
    const now = { kind: 'endpoint', entityId, action: 'exclusion', from: AT + 2_000, to: AT + 9_000 } as const;
    teaching.refresh([control({ kind: 'endpoint', entityId, from: AT }), control(now)], AT + 2_000);
    await take([anApiEvent({ startedAt: AT + 3_000 }), anApiEvent({ startedAt: AT + 10_000 })]);
    expect(engine.knowledge.endpoint(key)?.successes).toBe(2);
  });

  test('of a caller: errors that were usual for it excuse it no more', async () => {
    const { take, says, teaching } = setUp([], [errorSpike]);
    const failing = (from: number) =>
      times(120, 1_000, (startedAt, i) => anApiEvent({ startedAt, status: i % 2 === 1 ? 500 : 200 }), from);
    const hours = Array.from({ length: 6 }, (_, i) => failing(AT + i * 20 * MINUTE)).flat();
    await take(hours);
    expect(says('error-spike', hours.at(-1) ?? ALICE)).toMatch(/before, [1-9]/);
    teaching.refresh([control({ from: AT + 3 * HOUR })], AT + 3 * HOUR);
    const after = failing(AT + 3 * HOUR);
    await take(after);
    expect(says('error-spike', after.at(-1) ?? ALICE)).toMatch(/^60 of 119 .*before, 0 of 0\)/);
  });

  test('of a service: what was usual there is learned anew', async () => {
    const { take, says, teaching } = setUp([], [distributedFlood]);
    const visits = (from: number) => times(2_400, 1_000, (startedAt) => anAnonymousEvent({ startedAt }), from);
    const before = visits(AT);
    await take(before);
    expect(says('distributed-flood', before.at(-1) ?? ALICE)).toContain('where 60 are usual');
    teaching.refresh([control({ kind: 'service', entityId: ALICE.serviceId, from: AT + HOUR })], AT + HOUR);
    const after = visits(AT + HOUR).slice(0, 30);
    await take(after);
    expect(says('distributed-flood', after.at(-1) ?? ALICE)).toContain('where 0 are usual and 0 were the most');
  });
});

test('time that is excluded while it goes on teaches a caller’s profile nothing', async () => {
  const { take, teaching, engine } = setUp();
  teaching.refresh([control({ action: 'exclusion', from: AT, to: AT + HOUR })], AT);
  await take([
    anApiEvent({ startedAt: AT + 1 }),
    anApiEvent({ startedAt: AT + HOUR }),
    anApiEvent({ startedAt: AT + 2 * HOUR }),
  ]);
  expect(engine.knowledge.profile(callerKeyOf(ALICE))?.requests).toBe(1);
});
