import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import { resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import { anAlert } from '@outrider/domain/detection/testing';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { randomUUID } from 'node:crypto';
import { DetectSettings } from '../settings.ts';
import { AlertTracker, RESOLVED_BY_ITSELF } from './alert-tracker.ts';
import { sweepOrphans } from './orphan-sweep.ts';
import { quietTimes } from './quiet-times.ts';

const AT = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const quietMs = quietTimes(DetectSettings.parse({}));
const QUIET_MS = quietMs('request-spike');

describe('alerts of several processes in one store', () => {
  let store: FakeAlertStore;
  let told: string[];
  beforeEach(() => {
    store = new FakeAlertStore();
    told = [];
  });
  const aTracker = (name = 'a', updateEveryMs = 0): AlertTracker =>
    new AlertTracker({
      store,
      clock: { now: () => AT },
      publish: async (_alert, change) => void told.push(`${name} ${change}`),
      newId: randomUUID,
      quietMs,
      updateEveryMs,
      onProblem: (error) => {
        throw error;
      },
    });
  const saw = (afterMs: number, overrides: Partial<Finding> = {}): Finding =>
    anAlert({
      detectedAt: AT + afterMs,
      window: { from: AT + afterMs - MINUTE_MS, to: AT + afterMs },
      observed: { metric: 'requests', value: 500 + afterMs / 1000, unit: 'in 1 min' },
      ...overrides,
    });
  const states = (): string[] => [...store.alerts.values()].map(({ state }) => state);

  it('what the owner before found is no news when it is found again; what is new joins it', async () => {
    const [a, b] = [aTracker('a'), aTracker('b')];
    await a.take(saw(0), 3);
    await b.take(saw(0), 3, true);
    expect(told).toEqual(['a opened']);
    await b.take(saw(10_000), 3, true);
    expect([told, [...store.alerts.values()]]).toMatchObject([['a opened', 'b updated'], [{ findings: 2 }]]);
  });

  it('an owner that goes on unaware and the new one write one alert', async () => {
    const [a, b] = [aTracker('a'), aTracker('b')];
    for (let i = 0; i < 5; i++) await Promise.all([a.take(saw(i * 10_000), 3), b.take(saw(i * 10_000 + 5_000), 3)]);
    for (const tracker of [a, b, a, b]) await tracker.tick(() => AT);
    expect([...store.alerts.values()]).toMatchObject([{ state: 'open', lastSeenAt: AT + 45_000 }]);
  });

  it('the new owner ends what the dead one raised, at the event time of the partition', async () => {
    await aTracker('a').take(saw(0), 3);
    const b = aTracker('b');
    await b.claim(() => 3);
    const clock = (behind: number) => (lane: number) => (lane === 3 ? behind : AT + DAY_MS);
    await b.tick(clock(AT + QUIET_MS - 1));
    expect(states()).toEqual(['open']);
    await b.tick(clock(AT + QUIET_MS + 1));
    expect([states(), told]).toEqual([['resolved'], ['a opened', 'b resolved']]);
  });

  it('an owner that slept does not end what goes on with another', async () => {
    const [sleeper, b] = [aTracker('sleeper'), aTracker('b')];
    await sleeper.take(saw(0), 3);
    await b.take(saw(QUIET_MS), 3);
    await sleeper.tick(() => AT + QUIET_MS + MINUTE_MS);
    await sleeper.tick(() => AT + QUIET_MS + MINUTE_MS);
    expect(states()).toEqual(['open']);
  });

  it('what another process found quiet while it had begun again is a new alert; what it knew of is not', async () => {
    const a = aTracker('a');
    await a.take(saw(0), 3);
    const [first] = [...store.alerts.values()];
    const ended = first && resolveAlert(first, RESOLVED_BY_ITSELF, AT);
    if (!ended) throw new Error('nothing to end');
    await store.save(ended);
    await a.take(saw(-5_000), 3);
    expect(states()).toEqual(['resolved']);
    await a.take(saw(20_000), 3);
    expect(states()).toEqual(['resolved', 'open']);
  });

  it('an open alert outweighs an older one that a person had resolved', async () => {
    await store.insert(anAlert({ state: 'resolved', resolvedBy: 'ann', openedAt: AT + 60_000, lastSeenAt: AT }));
    await store.insert(anAlert({ severity: 'critical', openedAt: AT, lastSeenAt: AT }));
    await aTracker().take(saw(10_000), 3);
    expect([...store.alerts.values()].map(({ state, findings }) => [state, findings])).toEqual([
      ['resolved', 1],
      ['open', 2],
    ]);
  });

  it('writes what waits when the partition is lost, and forgets it', async () => {
    const a = aTracker('a', 60_000);
    await a.take(saw(0), 3);
    await a.take(saw(10_000), 3);
    await a.take(saw(0, { type: 'brute-force' }), 2);
    await a.forget(new Set([3]));
    expect([...store.alerts.values()].map(({ findings }) => findings)).toEqual([2, 1]);
    expect(a.openAlerts).toBe(1);
    await a.tick(() => AT + DAY_MS);
    expect(states()).toEqual(['open', 'resolved']);
  });

  it('nobody’s alerts end a day after they were over, others do not', async () => {
    const long = AT - 3 * DAY_MS;
    const of = (id: string, overrides: Partial<Alert>) =>
      anAlert({ entity: { kind: 'ip', id, name: id }, ...overrides });
    const orphan = of('192.0.2.1', { lastSeenAt: long, openedAt: long });
    const held = of('192.0.2.2', { lastSeenAt: long, openedAt: long });
    // A backlog: its events are old, it is not.
    const fresh = of('192.0.2.3', { lastSeenAt: long, openedAt: AT });
    for (const alert of [orphan, held, fresh]) await store.insert(alert);
    const deps = { store, quietMs, isHeld: (alert: Alert) => alert.id === held.id, publish: async () => undefined };
    expect(await sweepOrphans(deps, AT)).toBe(1);
    expect(states()).toEqual(['resolved', 'open', 'open']);
  });
});
