import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent } from '@outrider/contracts/events/event-row';
import type { Alert } from '@outrider/domain/detection/alert';
import { anApiEvent, testRequestId } from '@outrider/domain/traffic/testing';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { EventBlock } from '@outrider/ports/event-store';
import { eventually } from '@outrider/testing/eventually';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import {
  aDelivery,
  AT,
  ATTACKER,
  blockAddress,
  flood,
  guesses,
  limitAlice,
  MINUTE_MS,
  ordinary,
  StageRun,
} from '../testing/stage-run.ts';
import { busPosition } from './event-ingest.ts';

const slowAlertStore = (wait: () => Promise<void>) =>
  class extends FakeAlertStore {
    override async insert(alert: Alert): Promise<void> {
      await wait();
      await super.insert(alert);
    }
  };
const slowEventStore = (wait: () => Promise<void>) =>
  class extends FakeEventStore {
    override async insertEvents(block: EventBlock): Promise<void> {
      await wait();
      await super.insertEvents(block);
    }
  };

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

describe('EventIngest', () => {
  it('stores every event once under its place on the bus, and raises the alert before it acknowledges', async () => {
    const run = aRun();
    const events = guesses(16);
    await run.take(7, events, { partition: 3 });
    expect(storedIds()).toEqual(events.map(({ id }) => id));
    expect(new Set(store.events.map(({ position }) => position))).toEqual(new Set([busPosition(3, 7)]));
    expect(raised()).toMatchObject([{ type: 'brute-force', on: ATTACKER }]);
    expect([await run.counted('events_total'), await run.counted('stored_rows_total')]).toEqual([16, 16]);
    expect(await run.counted('findings_total', 'brute-force')).toBeGreaterThanOrEqual(1);
  });

  it.each(['alert', 'block'] as const)('acknowledges a message only when its %s is written', async (what) => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let waits = false;
    const wait = async (): Promise<void> => {
      waits = true;
      await gate;
    };
    if (what === 'alert') alerts = new (slowAlertStore(wait))();
    else store = new (slowEventStore(wait))();
    let acknowledged = false;
    const taken = aRun()
      .take(0, guesses(16))
      .then(() => (acknowledged = true));
    await eventually(() => waits && (what === 'alert' ? store.events.length > 0 : raised().length > 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toBe(false);
    release();
    await taken;
    expect([store.events.length, raised().length]).toEqual([16, 1]);
  });

  describe('duplicates', () => {
    it('in another message, another partition or the same message are neither stored nor observed, and counted', async () => {
      const run = aRun();
      const events = guesses(9);
      const [first] = events;
      if (!first) throw new Error('no event');
      await run.take(0, [...events, first]);
      await run.take(1, events);
      await run.take(0, events, { partition: 1 });
      expect(storedIds()).toEqual(events.map(({ id }) => id));
      expect(await run.counted('duplicates_total', 'gateway="default"')).toBe(19);
      expect([run.engine.counts.observed, raised()]).toEqual([9, []]);
    });

    it('are told by gateway and id: the same id on another gateway is another event', async () => {
      const run = aRun();
      const id = testRequestId(77);
      await run.take(0, [anApiEvent({ id }), anApiEvent({ id, gateway: 'other' })]);
      expect(store.events).toHaveLength(2);
    });
  });

  describe('a message that comes again', () => {
    it('is given to the store again, in case it was lost there, but observed once', async () => {
      const run = aRun();
      const events = guesses(9);
      await run.take(4, events);
      store.blocks.length = 0;
      await run.take(4, events, { plannedThrough: 4 });
      expect([run.engine.counts.observed, run.ingest.totals.redelivered, run.ingest.totals.duplicates]).toEqual([
        9, 9, 0,
      ]);
      expect(storedIds()).toHaveLength(9);
      expect(raised()).toEqual([]);
    });

    it('makes the same rows as the first time, duplicates within it left out: the token stays true', async () => {
      const first = aRun();
      const events = guesses(3);
      const withTwins = [...events, ...events];
      await first.take(4, withTwins);
      const rows = store.blocks[0];
      const again = new StageRun(new FakeEventStore(), alerts);
      await again.take(4, withTwins);
      await again.take(4, withTwins);
      expect(again.store.blocks[0]).toEqual(rows);
      expect(again.store.events).toHaveLength(3);
    });
  });

  describe('block echo', () => {
    it('is stored and marked; refusals of our own address block raise nothing, however many', async () => {
      const run = aRun();
      run.blocks.refresh([blockAddress()], AT);
      await run.take(0, guesses(400, { status: 403, refusal: 'forbidden' }));
      expect(store.events.map(({ echo }) => echo)).toEqual(Array.from({ length: 400 }, () => true));
      expect([raised(), run.engine.counts.observed, await run.counted('block_echo_total')]).toEqual([[], 0, 400]);
    });

    it('without our block the same refusals are an attack', async () => {
      const run = aRun();
      await run.take(0, guesses(400, { status: 403, refusal: 'forbidden' }));
      expect(store.events.some(({ echo }) => echo)).toBe(false);
      expect(raised()).toMatchObject([{ type: 'brute-force' }]);
    });

    it.each([
      ['by our own limit is no spike', true, []],
      ['by an operator’s limit is one', false, [{ type: 'request-spike', on: 'alice' }]],
    ])('a flood that is refused with 429 %s', async (_what, ours, expected) => {
      const run = aRun();
      await run.take(0, ordinary());
      if (ours) run.blocks.refresh([limitAlice()], AT);
      await run.take(1, flood({ status: 429, answeredBy: 'kong', refusal: 'rate-limited', tries: 0 }));
      expect(raised()).toMatchObject(expected);
    });

    it('what the blocked address does beside it is still observed', async () => {
      const run = aRun();
      run.blocks.refresh([blockAddress()], AT);
      await run.take(0, guesses(16));
      expect(raised()).toMatchObject([{ type: 'brute-force', on: ATTACKER }]);
    });

    it('tells once that a refusal was seen, again only when telling failed', async () => {
      const run = aRun();
      const block = blockAddress();
      run.blocks.refresh([block], AT);
      run.telling = Promise.reject(new TransientError('the bus is away'));
      await run.take(0, guesses(1, { status: 403 }));
      run.telling = Promise.resolve();
      await run.take(1, guesses(50, { status: 403 }));
      await run.take(2, guesses(50, { status: 403 }));
      expect(run.refusalsSeen).toEqual([block.id, block.id]);
    });
  });

  it('counts what it does not observe by reason: late, preflight, health check; and stores it', async () => {
    const run = aRun();
    const nobody = { credentialId: '', credentialFingerprint: '' };
    await run.take(0, [
      anApiEvent({ startedAt: AT }),
      anApiEvent({ startedAt: AT - 11 * MINUTE_MS }),
      anApiEvent({ ...nobody, startedAt: AT, method: 'OPTIONS' }),
      anApiEvent({ ...nobody, startedAt: AT, method: 'OPTIONS' }),
      anApiEvent({ ...nobody, startedAt: AT, path: '/health', pathTemplate: '/health' }),
    ]);
    await run.take(1, [anApiEvent({ ...nobody, startedAt: AT, method: 'OPTIONS' })]);
    const counts = await Promise.all(
      ['late', 'preflight', 'health-check'].map((reason) => run.counted('excluded_total', `reason="${reason}"`)),
    );
    expect([counts, store.events.length]).toEqual([[1, 3, 1], 6]);
  });

  describe('what cannot be taken', () => {
    it.each(['not a row', '["too","short"]', '{"tenant":"default"}'])(
      'an unreadable message is refused for good, stores nothing, and holds up nothing: %s',
      async (value) => {
        const run = aRun();
        const events = guesses(2);
        const bad = run.ingest.takeEvents(aDelivery(0, `${events.map(encodeEvent).join('\n')}\n${value}`));
        const good = run.take(1, guesses(16));
        await expect(bad).rejects.toBeInstanceOf(PermanentError);
        await good;
        expect(store.events).toHaveLength(16);
        expect(raised()).toHaveLength(1);
      },
    );

    it('an empty message is acknowledged', async () => {
      await aRun().ingest.takeEvents(aDelivery(0, ''));
      expect(store.blocks).toEqual([]);
    });

    it('dead letters are stored under their place on the bus; a batch of them that cannot be read is refused for good', async () => {
      const run = aRun();
      const letter = { tenant: 'default', gateway: 'default', id: testRequestId(1), receivedAt: AT, reason: 'not-json', detail: 'x', excerpt: 'y', bytes: 1, transport: 'tcp' }; // prettier-ignore
      const delivery = aDelivery(3, JSON.stringify([letter]));
      await run.ingest.takeDeadLetters(delivery);
      await run.ingest.takeDeadLetters(delivery);
      expect(store.letters).toEqual([letter]);
      for (const value of ['[', '{}', '[{"tenant":"default"}]'])
        await expect(run.ingest.takeDeadLetters(aDelivery(4, value))).rejects.toBeInstanceOf(PermanentError);
    });

    it('after the stop: comes again', async () => {
      const run = aRun();
      await run.ingest.stop();
      await expect(run.take(0, guesses(1))).rejects.toBeInstanceOf(TransientError);
    });
  });
});
