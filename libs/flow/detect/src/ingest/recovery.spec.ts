import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
import { TransientError } from '@outrider/platform/errors';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { AT, blockAddress, flood, guesses, MINUTE_MS, ordinary, scan, StageRun } from '../testing/stage-run.ts';

let store: FakeEventStore;
let alerts: FakeAlertStore;
beforeEach(() => {
  store = new FakeEventStore();
  alerts = new FakeAlertStore();
});
const aRun = (): StageRun => new StageRun(store, alerts);
const raised = () =>
  [...alerts.alerts.values()].map(({ type, entity, detectedAt }: Alert) => ({ type, on: entity.name, detectedAt }));
const storedIds = (): string[] => store.events.map(({ event }) => event.id);

describe('after a restart', () => {
  const cases = { guessing: guesses(16), scanning: scan() };

  it.each(['guessing', 'scanning'] as const)(
    '%s is found at the same event, wherever the restart cut it in two',
    async (kind) => {
      const events = cases[kind];
      await aRun().take(0, events);
      const unbroken = raised();
      expect(unbroken).toHaveLength(1);
      for (let cut = 1; cut < events.length; cut++) {
        store = new FakeEventStore();
        alerts = new FakeAlertStore();
        await aRun().take(0, events.slice(0, cut));
        const second = aRun();
        await second.recover();
        await second.take(1, events.slice(cut));
        expect({ cut, raised: raised() }).toEqual({ cut, raised: unbroken });
      }
    },
  );

  it('a flood is found at the same event when the restart fell into it', async () => {
    const unbroken = aRun();
    const [calm, storm] = [ordinary(), flood()];
    await unbroken.take(0, calm);
    await unbroken.take(1, storm);
    const expected = raised();
    expect(expected).toMatchObject([{ type: 'request-spike', on: 'alice' }]);
    const at = storm.findIndex(({ startedAt }) => startedAt >= (expected[0]?.detectedAt ?? 0));
    for (const cut of [1, Math.floor(at / 2), at - 1]) {
      store = new FakeEventStore();
      alerts = new FakeAlertStore();
      const first = aRun();
      await first.take(0, calm);
      await first.take(1, storm.slice(0, cut));
      expect(raised()).toEqual([]);
      const second = aRun();
      await second.recover();
      await second.take(2, storm.slice(cut));
      expect({ cut, raised: raised() }).toEqual({ cut, raised: expected });
    }
  });

  it.each([
    ['brute-force', guesses(16)],
    ['request-spike', [...ordinary(), ...flood()]],
  ])('a finding (%s) that the process died with is made again from what was stored', async (type, events) => {
    await aRun().take(0, events);
    expect(raised()).toMatchObject([{ type }]);
    alerts = new FakeAlertStore();
    await aRun().recover();
    expect(raised()).toMatchObject([{ type }]);
  });

  it('the alert is not opened a second time by what was stored', async () => {
    await aRun().take(0, guesses(16));
    const second = aRun();
    await second.recover();
    expect(raised()).toHaveLength(1);
    const [alert] = alerts.alerts.values();
    if (!alert) throw new Error('no alert');
    alerts.alerts.set(alert.id, { ...alert, state: 'resolved', resolvedBy: 'ann', resolvedAt: AT });
    await aRun().recover();
    expect(raised()).toHaveLength(1);
  });

  it('events that were stored before are known: a message that comes again is not observed, another copy is a duplicate', async () => {
    const events = guesses(9);
    await aRun().take(5, events);
    const second = aRun();
    await second.recover();
    expect(second.engine.counts.observed).toBe(9);
    await second.take(5, events, { plannedThrough: 5 });
    await second.take(6, events);
    expect(second.engine.counts.observed).toBe(9);
    expect(second.ingest.totals).toMatchObject({ redelivered: 9, duplicates: 9 });
    expect(storedIds()).toHaveLength(9);
    expect(raised()).toEqual([]);
  });

  it('refusals by a block that has been lifted since are not taken for an attack', async () => {
    const first = aRun();
    first.blocks.refresh([blockAddress()], AT);
    await first.take(0, guesses(400, { status: 403, refusal: 'forbidden' }));
    const second = aRun();
    second.blocks.refresh([], AT + MINUTE_MS);
    await second.recover();
    expect([second.engine.counts.observed, raised()]).toEqual([0, []]);
  });

  it('does not start on half a memory: a store that is away is an error', async () => {
    store.away = true;
    await expect(aRun().recover()).rejects.toBeInstanceOf(TransientError);
  });
});
