import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import { acknowledgeAlert, resolveAlert } from '@outrider/domain/detection/alert-lifecycle';
import { anAlert } from '@outrider/domain/detection/testing';
import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { AlertTracker, RESOLVED_BY_ITSELF, type AlertTrackerDeps } from './alert-tracker.ts';

const AT = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const QUIET_MS = 15 * MINUTE_MS;
const UPDATE_MS = 2_000;

/** Fails the next calls of a kind; counts writes. */
class UnsteadyStore extends FakeAlertStore {
  writes = 0;
  readonly failing: { call: 'insert' | 'save' | 'find' | 'list'; error: Error; times: number; afterwards?: boolean }[] =
    [];

  override async insert(alert: Alert): Promise<void> {
    this.writes++;
    await this.#perhaps('insert', () => super.insert(alert));
  }

  override async save(...args: Parameters<AlertStore['save']>): Promise<void> {
    this.writes++;
    await this.#perhaps('save', () => super.save(...args));
  }

  override find(tenant: string, id: string): Promise<Alert | undefined> {
    return this.#perhaps('find', () => super.find(tenant, id));
  }

  override list(query: Parameters<AlertStore['list']>[0]): Promise<readonly Alert[]> {
    return this.#perhaps('list', () => super.list(query));
  }

  async #perhaps<T>(call: 'insert' | 'save' | 'find' | 'list', act: () => Promise<T>): Promise<T> {
    const failure = this.failing.find((one) => one.call === call && one.times > 0);
    if (!failure) return act();
    failure.times--;
    if (failure.afterwards) await act();
    throw failure.error;
  }
}

const away = new TransientError('the store is away');

describe('AlertTracker', () => {
  let store: UnsteadyStore;
  let now: number;
  let told: string[];
  let problems: unknown[];
  let refused: Finding[];

  beforeEach(() => {
    store = new UnsteadyStore();
    now = AT + 500;
    told = [];
    problems = [];
    refused = [];
  });

  let ids = 0;
  const aTracker = (overrides: Partial<AlertTrackerDeps> = {}): AlertTracker =>
    new AlertTracker({
      store,
      clock: { now: () => now },
      publish: async (alert, change) => {
        // A nudge may only come once the row says the same.
        const row = store.alerts.get(alert.id);
        told.push(row?.revision === alert.revision ? change : `${change} before it was stored`);
      },
      newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
      quietMs: () => QUIET_MS,
      updateEveryMs: UPDATE_MS,
      onProblem: (error) => void problems.push(error),
      onRefused: (finding) => void refused.push(finding),
      ...overrides,
    });

  /** A finding on alice, `afterMs` after the first, that saw `value` requests. */
  const saw = (value: number, afterMs = 0, overrides: Partial<Finding> = {}): Finding =>
    anAlert({
      detectedAt: AT + afterMs,
      window: { from: AT + afterMs - MINUTE_MS, to: AT + afterMs },
      observed: { metric: 'requests', value, unit: 'in 1 min' },
      ...overrides,
    });
  const rows = (): Alert[] => [...store.alerts.values()];
  const only = (): Alert => {
    const [row, ...more] = rows();
    if (!row || more.length > 0) throw new Error(`${rows().length} alerts`);
    return row;
  };
  /** A person does something to the stored alert, behind the tracker's back. */
  const byHand = async (act: typeof resolveAlert): Promise<void> => {
    const changed = act(only(), 'ann', now);
    if (!changed) throw new Error('nothing to do');
    await FakeAlertStore.prototype.save.call(store, changed);
  };

  describe('keeps one matter one alert', () => {
    it('joins findings of one tenant, type and entity, and keeps all others apart', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(600, 10_000));
      expect(rows()).toHaveLength(1);
      await tracker.take(saw(500, 0, { tenant: 'other' }));
      await tracker.take(saw(500, 0, { type: 'brute-force' }));
      await tracker.take(saw(500, 0, { entity: { kind: 'ip', id: '192.0.2.1', name: '192.0.2.1' } }));
      expect(rows()).toHaveLength(4);
      expect(told).toEqual(['opened', 'opened', 'opened', 'opened']);
      expect(tracker.openAlerts).toBe(4);
    });

    it('writes the same again only once in a while, and at the end the strongest of it', async () => {
      const tracker = aTracker();
      for (let i = 0; i < 50; i++) await tracker.take(saw(500 + i, i * 10));
      expect(store.writes).toBe(1);
      await tracker.tick(() => AT + 1_000);
      expect(store.writes).toBe(1);
      now += UPDATE_MS;
      await tracker.tick(() => AT + 1_000);
      expect(store.writes).toBe(2);
      expect(only()).toMatchObject({ observed: { value: 549 }, findings: 50, revision: 2, detectedAt: AT });
      await tracker.tick(() => AT + 1_000);
      expect(store.writes).toBe(2);
      expect(told).toEqual(['opened', 'updated']);
    });

    it.each([
      ['severity', { severity: 'critical' }],
      ['confidence', { confidence: 0.97 }],
    ] as const)('writes at once when its %s rises, whatever was written just before', async (_what, worse) => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(600, 1_000, worse));
      expect(only()).toMatchObject({ ...worse, revision: 2 });
      expect(told).toEqual(['opened', 'updated']);
    });

    it('goes on with the alerts that were not resolved when it starts', async () => {
      const standing = anAlert({ revision: 6, findings: 9, state: 'acknowledged', acknowledgedBy: 'ann' });
      await store.insert(standing);
      await store.insert(anAlert({ entity: { kind: 'ip', id: '192.0.2.9', name: 'x' }, state: 'resolved' }));
      const tracker = aTracker();
      await tracker.claim(() => 0);
      expect(tracker.openAlerts).toBe(1);
      await tracker.take(saw(2_000, 30_000));
      expect(store.alerts.get(standing.id)).toMatchObject({ revision: 7, findings: 10, state: 'acknowledged' });
      expect(told).toEqual(['updated']);
    });
  });

  describe('ends an alert', () => {
    it('by itself once it was quiet in event time, with what was still to be written', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(700, 30_000));
      now += 10 * UPDATE_MS;
      await tracker.tick(() => AT + 30_000 + QUIET_MS);
      expect(only().state).toBe('open');
      await tracker.tick(() => AT + 30_001 + QUIET_MS);
      expect(only()).toMatchObject({
        state: 'resolved',
        resolvedBy: RESOLVED_BY_ITSELF,
        resolvedAt: now,
        observed: { value: 700 },
      });
      expect(told).toEqual(['opened', 'updated', 'resolved']);
      expect(tracker.openAlerts).toBe(0);
    });

    it('before a new one is opened, when the cause comes back after the quiet time and no tick came between', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(500, QUIET_MS + 2 * MINUTE_MS));
      expect(rows().map(({ state }) => state)).toEqual(['resolved', 'open']);
      expect(told).toEqual(['opened', 'resolved', 'opened']);
    });

    it('but not while the store is away; then at the next tick', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      store.failing.push({ call: 'save', error: away, times: 1 });
      await tracker.tick(() => AT + 2 * QUIET_MS);
      expect([only().state, problems]).toEqual(['open', [away]]);
      await tracker.tick(() => AT + 2 * QUIET_MS);
      expect(only().state).toBe('resolved');
    });
  });

  describe('respects what a person did', () => {
    it('keeps an acknowledgement that was made between two findings, and loses none of them', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await byHand(acknowledgeAlert);
      await tracker.take(saw(900, 1_000, { severity: 'critical' }));
      await tracker.tick(() => AT + 1_000);
      expect(only()).toMatchObject({
        state: 'acknowledged',
        acknowledgedBy: 'ann',
        severity: 'critical',
        findings: 2,
        revision: 3,
      });
      expect(problems).toEqual([]);
    });

    it('does not open again what was resolved by hand while the same goes on, also not after a restart', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await byHand(resolveAlert);
      for (let i = 1; i < 20; i++) {
        now += UPDATE_MS;
        await tracker.take(saw(500 + i, i * MINUTE_MS));
      }
      await aTracker().take(saw(800, 10 * MINUTE_MS));
      expect(only()).toMatchObject({ state: 'resolved', resolvedBy: 'ann' });
      expect(told).toEqual(['opened']);
    });

    it('opens a new alert when it comes back after it was quiet', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await byHand(resolveAlert);
      now += UPDATE_MS;
      await tracker.take(saw(500, MINUTE_MS));
      await tracker.take(saw(500, 3 * MINUTE_MS + QUIET_MS));
      expect(rows().map(({ state }) => state)).toEqual(['resolved', 'open']);
    });

    it.each([0, 1])(
      'opens a new alert at once when it becomes worse than what was resolved (after %d more of the same)',
      async (more) => {
        const tracker = aTracker();
        await tracker.take(saw(500));
        await byHand(resolveAlert);
        now += UPDATE_MS;
        if (more) await tracker.take(saw(500, 5_000));
        await tracker.take(saw(5_000, 10_000, { severity: 'critical' }));
        expect(rows().map(({ state, severity }) => [state, severity])).toEqual([
          ['resolved', 'high'],
          ['open', 'critical'],
        ]);
        expect(rows()[1]).toMatchObject({ detectedAt: AT + 10_000, findings: 1 });
      },
    );
  });

  describe('loses no finding', () => {
    it('while the store is away: what waits is written once it is back, told once', async () => {
      store.failing.push({ call: 'insert', error: away, times: 3 });
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(700, 1_000));
      await tracker.tick(() => AT + 1_000);
      expect([rows(), told]).toEqual([[], []]);
      expect(problems).toEqual([away, away, away]);
      await tracker.tick(() => AT + 1_000);
      expect(only()).toMatchObject({ findings: 2, observed: { value: 700 }, revision: 1 });
      expect(told).toEqual(['opened']);
    });

    it('when the store was away and the cause came back after the quiet time', async () => {
      store.failing.push({ call: 'insert', error: away, times: 2 });
      const tracker = aTracker();
      await tracker.take(saw(900));
      await tracker.take(saw(500, QUIET_MS + 2 * MINUTE_MS));
      await tracker.tick(() => AT + QUIET_MS + 2 * MINUTE_MS);
      expect(only()).toMatchObject({ findings: 2, observed: { value: 900 }, detectedAt: AT });
    });

    it('when an insert was stored but its answer got lost: not twice, not counted twice', async () => {
      store.failing.push({ call: 'insert', error: away, times: 1, afterwards: true });
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.tick(() => AT);
      now += UPDATE_MS;
      await tracker.tick(() => AT);
      expect(only()).toMatchObject({ findings: 1, state: 'open' });
      expect(told).toEqual(['updated']);
    });

    it('when a save was stored but its answer got lost', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      store.failing.push({ call: 'save', error: away, times: 1, afterwards: true });
      await tracker.take(saw(900, 1_000, { severity: 'critical' }));
      await tracker.tick(() => AT);
      await tracker.tick(() => AT);
      expect(only()).toMatchObject({ findings: 2, severity: 'critical' });
    });

    it('when another analyzer opened the alert first: joins theirs', async () => {
      await store.insert(anAlert({ findings: 4, revision: 3, observed: saw(900).observed }));
      const tracker = aTracker();
      await tracker.take(saw(500, 5_000));
      await tracker.tick(() => AT + 5_000);
      expect(only()).toMatchObject({ findings: 5, revision: 4, observed: { value: 900 }, lastSeenAt: AT + 5_000 });
      expect(told).toEqual(['updated']);
    });

    it('when a conflict cannot be looked into at once', async () => {
      await store.insert(anAlert({ findings: 1 }));
      store.failing.push({ call: 'list', error: away, times: 2 });
      const tracker = aTracker();
      await tracker.take(saw(5_000, 5_000));
      await tracker.tick(() => AT + 5_000);
      await tracker.tick(() => AT + 5_000);
      expect(only()).toMatchObject({ findings: 2, observed: { value: 5_000 } });
    });

    it('when it opened in the moment in which another one ended', async () => {
      store.failing.push({ call: 'insert', error: new ConflictError('one is open'), times: 1 });
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.tick(() => AT);
      expect(only()).toMatchObject({ state: 'open', findings: 1 });
    });

    it('when it stops: what the throttle held back is written', async () => {
      const tracker = aTracker();
      await tracker.take(saw(500));
      await tracker.take(saw(700, 1_000));
      await tracker.flush();
      expect(only()).toMatchObject({ findings: 2, observed: { value: 700 } });
    });
  });

  it('does not let one alert that can never be stored hold up the others, nor tries it for ever', async () => {
    store.failing.push({ call: 'insert', error: new PermanentError('a value the store refuses'), times: 1 });
    const tracker = aTracker();
    await tracker.take(saw(500));
    await tracker.take(saw(500, 0, { tenant: 'other' }));
    await tracker.tick(() => AT);
    expect(rows().map(({ tenant }) => tenant)).toEqual(['other']);
    expect([problems.length, tracker.openAlerts]).toEqual([1, 1]);
  });

  it('a nudge that gets lost costs nothing but the nudge', async () => {
    const tracker = aTracker({ publish: () => Promise.reject(away) });
    await tracker.take(saw(500));
    await tracker.take(saw(900, 1_000, { severity: 'critical' }));
    expect(only()).toMatchObject({ severity: 'critical', revision: 2 });
    expect(problems).toEqual([away, away]);
  });

  it('works off findings in their order, although the store answers late', async () => {
    const tracker = aTracker({ updateEveryMs: 0 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => tracker.take(saw(500 + i, i))));
    expect(only()).toMatchObject({ findings: 20, revision: 20, observed: { value: 519 } });
    expect([tracker.pending, problems]).toEqual([0, []]);
  });

  describe('holds a bounded number of alerts', () => {
    const from = (n: number): Finding =>
      saw(500, n, { entity: { kind: 'ip', id: `192.0.2.${n}`, name: `192.0.2.${n}` } });

    it('beyond it the one that is quiet for longest ends early, and opens again with its next finding', async () => {
      const tracker = aTracker({ maxOpen: 3 });
      for (const n of [1, 2, 3]) await tracker.take(from(n));
      await tracker.take({ ...from(1), detectedAt: AT + 10, window: { from: AT - 60_000, to: AT + 10 } });
      await tracker.take(from(4));
      const open = rows().filter(({ state }) => state !== 'resolved');
      expect(open.map(({ entity }) => entity.id).sort()).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4']);
      await tracker.take({ ...from(2), detectedAt: AT + 20, window: { from: AT - 60_000, to: AT + 20 } });
      expect(rows().filter(({ entity, state }) => entity.id === '192.0.2.2' && state === 'open')).toHaveLength(1);
      expect([tracker.openAlerts, refused]).toEqual([3, []]);
    });

    it('while the store is away it keeps what waits, refuses what does not fit, and says so', async () => {
      store.failing.push({ call: 'insert', error: away, times: 4 });
      const tracker = aTracker({ maxOpen: 2 });
      for (const n of [1, 2, 3]) await tracker.take(from(n));
      expect(refused.map(({ entity }) => entity.id)).toEqual(['192.0.2.3']);
      await tracker.tick(() => AT);
      await tracker.tick(() => AT);
      expect(
        rows()
          .map(({ entity }) => entity.id)
          .sort(),
      ).toEqual(['192.0.2.1', '192.0.2.2']);
    });
  });
});
