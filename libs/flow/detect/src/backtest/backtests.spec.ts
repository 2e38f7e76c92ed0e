import { describe, expect, it } from '@jest/globals';
import type { Backtest, BacktestRequest } from '@outrider/domain/detection/backtest';
import { anAlert } from '@outrider/domain/detection/testing';
import { aPolicy } from '@outrider/domain/response/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { createLogger } from '@outrider/platform/logger';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { eventually } from '@outrider/testing/eventually';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeAuditLog } from '@outrider/testing/fakes/audit-log.fake';
import { FakeBacktestStore } from '@outrider/testing/fakes/backtest-store.fake';
import { FakeDetectionControlStore } from '@outrider/testing/fakes/detection-control-store.fake';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { FakePolicyStore } from '@outrider/testing/fakes/response-store.fake';
import { DetectSettings } from '../settings.ts';
import { Backtests } from './backtests.ts';

const NOW = 1_767_225_600_000;
const RANGE = { from: NOW - 1_000_000, to: NOW + 1_000_000 };
const detector = (settings = {}): BacktestRequest => ({
  change: { kind: 'detector', type: 'brute-force', settings },
  range: RANGE,
});
const rule = (text: string): BacktestRequest => ({ change: { kind: 'rule', rule: text }, range: RANGE });

/** Events that come when the test lets them. */
class HeldEvents {
  running = 0;
  most = 0;
  readonly #release: (() => void)[] = [];
  failing = false;

  async replayCount(): Promise<number> {
    return 1;
  }

  async minuteCounts(): Promise<never[]> {
    return [];
  }

  async *replay(): AsyncGenerator<readonly ApiEvent[]> {
    this.most = Math.max(this.most, ++this.running);
    await new Promise<void>((resolve) => this.#release.push(resolve));
    this.running--;
    if (this.failing) throw new Error('the engine fell over: /secret/path');
    yield [anApiEvent({ startedAt: NOW })];
  }

  next(): boolean {
    const release = this.#release.shift();
    release?.();
    return release !== undefined;
  }
}

const setUp = () => {
  const events = new HeldEvents();
  const stores = {
    events,
    alerts: new FakeAlertStore(),
    policies: new FakePolicyStore(),
    controls: new FakeDetectionControlStore(),
    endpoints: new FakeEndpointStore(),
  };
  const audit = new FakeAuditLog();
  const log = createLogger({ level: 'silent', pretty: false, name: 'test' });
  const clock = { at: NOW, now: () => clock.at };
  const store = new FakeBacktestStore(clock.now);
  const another = (): Backtests =>
    new Backtests({ settings: DetectSettings.parse({}), stores, backtests: store, audit, clock, log, saveEveryMs: 5 });
  const backtests = another();
  const ended = async ({ id }: Pick<Backtest, 'id'>, tenant = 'default') => {
    await eventually(async () => {
      events.next();
      const state = (await backtests.find(tenant, id))?.state;
      return state === 'done' || state === 'failed';
    });
    return backtests.find(tenant, id);
  };
  return { backtests, another, events, stores, store, clock, audit, ended };
};

describe('backtests', () => {
  it('run one after the other, and the sixth that would wait is refused with 429', async () => {
    const { backtests, events, ended } = setUp();
    const started: Backtest[] = [];
    for (let i = 0; i < 6; i++) started.push(await backtests.start('default', detector(), 'eve'));
    await expect(backtests.start('default', detector(), 'eve')).rejects.toMatchObject({
      code: 'too-many',
      status: 429,
    });
    for (const one of started) expect(await ended(one)).toMatchObject({ state: 'done', progress: 1, error: null });
    expect(events.most).toBe(1);
    await expect(backtests.start('default', detector(), 'eve')).resolves.toMatchObject({ state: 'waiting' });
    for (const { id } of await backtests.list('default')) await ended({ id });
  });

  it('refuse as many that are asked for at the same moment', async () => {
    const { backtests, ended } = setUp();
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, () => backtests.start('default', detector(), 'eve')),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    for (const { id } of await backtests.list('default')) await ended({ id });
  });

  it('are seen by their tenant alone, newest first, and audited', async () => {
    const { backtests, audit, ended } = setUp();
    const [ours, theirs] = [
      await backtests.start('default', detector(), 'eve'),
      await backtests.start('other', detector(), 'mallory'),
    ];
    expect([await backtests.find('other', ours.id), await backtests.find('default', theirs.id)]).toEqual([
      undefined,
      undefined,
    ]);
    expect((await backtests.list('default')).map(({ id }) => id)).toEqual([ours.id]);
    expect(audit.entries.map(({ tenant, actor, act }) => [tenant, actor, act])).toEqual([
      ['default', 'eve', 'backtest.start'],
      ['other', 'mallory', 'backtest.start'],
    ]);
    await ended(theirs, 'other');
  });

  it.each([
    [
      rule('id: x\nkind: threshold\nseverity: low\ndescription: d\nwindow: 5m\nat_least: many'),
      /^rule:6:11 at_least: /,
    ],
    [rule(''), /there is no rule in it/],
    [detector({ distinctCredentials: 5, nonsense: 1 }), /^settings\.\w+: brute-force has no such setting; it has /],
    [detector({ quietMinuts: 5 }), /brute-force has no such setting; did you mean "quietMinutes"\? it has /],
    [detector({ quietMinutes: -1 }), /^settings\.quietMinutes: /],
    [
      {
        change: { kind: 'policy', policy: aPolicy(), instead: '00000000-0000-4000-8000-00000000dead' },
        range: RANGE,
      } as BacktestRequest,
      /^instead: there is no policy 00000000-/,
    ],
  ])('say at once what is wrong with a change', async (request, message) => {
    const { backtests, audit } = setUp();
    await expect(backtests.start('default', request, 'eve')).rejects.toMatchObject({
      name: 'CallerError',
      status: 422,
      message: expect.stringMatching(message),
    });
    expect([await backtests.list('default'), audit.entries]).toEqual([[], []]);
  });

  it('of an unexpected failure only the log tells the cause, and the next one runs', async () => {
    const { backtests, events, ended } = setUp();
    events.failing = true;
    const failed = await ended(await backtests.start('default', detector(), 'eve'));
    expect(failed).toMatchObject({ state: 'failed', error: expect.not.stringContaining('secret') });
    events.failing = false;
    expect(await ended(await backtests.start('default', detector(), 'eve'))).toMatchObject({ state: 'done' });
  });

  it('end with the process: the one that runs and those that wait', async () => {
    const { backtests, another, events } = setUp();
    const [running, waiting] = [
      await backtests.start('default', detector(), 'eve'),
      await backtests.start('default', detector(), 'eve'),
    ];
    await eventually(() => events.running === 1);
    const stopped = backtests.stop();
    events.next();
    await stopped;
    const told = await Promise.all([running, waiting].map(({ id }) => another().find('default', id)));
    expect(told.map((one) => one?.state)).toEqual(['failed', 'failed']);
  });

  it('are told of by every process: how far they are, and what they found when theirs has ended', async () => {
    const { backtests, another, events, ended } = setUp();
    const started = await backtests.start('default', detector(), 'eve');
    const other = another();
    expect(await other.find('default', started.id)).toMatchObject({ state: 'waiting', startedBy: 'eve' });
    await eventually(async () => (await other.find('default', started.id))?.state === 'running');
    expect((await other.list('default')).map(({ id, state }) => [id, state])).toEqual([[started.id, 'running']]);
    const done = await ended(started);
    await backtests.stop();
    expect(events.most).toBe(1);
    expect(await another().find('default', started.id)).toEqual(done);
    expect(done).toMatchObject({ state: 'done', result: { run: 1 } });
    expect(await another().find('other', started.id)).toBeUndefined();
  });

  it('of a process that was killed are told as failed, once it has not been heard of for a minute', async () => {
    const { another, store, clock } = setUp();
    const id = '00000000-0000-4000-8000-00000000dead';
    const { change } = detector();
    const rest = { startedAt: NOW, startedBy: 'eve', progress: 0.4, error: null, result: null };
    await store.save('default', { id, state: 'running', change, ...RANGE, ...rest });
    clock.at = NOW + 50_000;
    expect(await another().find('default', id)).toMatchObject({ state: 'running' });
    clock.at = NOW + 60_001;
    expect(await another().find('default', id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('process'),
    });
    expect(await another().list('default')).toMatchObject([{ id, state: 'failed' }]);
  });

  it('whose end the store did not take are told of by their process, and stored when it is back', async () => {
    const { backtests, another, store, ended } = setUp();
    const started = await backtests.start('default', detector(), 'eve');
    const save = store.save.bind(store);
    store.save = async () => {
      throw new Error('away');
    };
    expect(await ended(started)).toMatchObject({ state: 'done' });
    store.save = save;
    await eventually(async () => (await another().find('default', started.id))?.state === 'done');
  });

  it('are not begun when nobody could tell of them', async () => {
    const { backtests, store, events } = setUp();
    store.save = async () => {
      throw new Error('away');
    };
    await expect(backtests.start('default', detector(), 'eve')).rejects.toThrow('away');
    await backtests.stop();
    expect(events.most).toBe(0);
  });
});

describe('a policy that is tried', () => {
  const alertOf = (name: string, at: number, more: Partial<Parameters<typeof anAlert>[0]> = {}) =>
    anAlert({
      entity: { kind: 'consumer', id: `id-of-${name}`, name },
      detectedAt: at,
      firstSeenAt: at,
      lastSeenAt: at,
      openedAt: at,
      ...more,
    });
  const tried = async (
    more: object = {},
    set: (parts: ReturnType<typeof setUp>) => unknown = () => undefined,
    instead?: string,
  ) => {
    const parts = setUp();
    for (const alert of [
      alertOf('alice', NOW),
      alertOf('bob', NOW + 1, { severity: 'low' }),
      alertOf('carol', NOW + 2, { state: 'resolved', resolvedAt: NOW + 3, resolvedBy: 'outrider' }),
      alertOf('mallory', NOW + 3, { simulated: true }),
      alertOf('zoe', NOW + 4, { tenant: 'other' }),
      alertOf('early', NOW - 5_000_000),
    ])
      await parts.stores.alerts.insert(alert);
    await set(parts);
    const policy = aPolicy({ match: { minSeverity: 'medium' }, ...more });
    const { id: _id, tenant: _tenant, createdAt: _c, updatedAt: _u, ...draft } = policy;
    const change = { kind: 'policy' as const, policy: draft, ...(instead === undefined ? {} : { instead }) };
    const { result } =
      (await parts.ended(await parts.backtests.start('default', { change, range: RANGE }, 'eve'))) ?? {};
    if (!result) throw new Error('no result');
    return { result, hit: result.blocks.gained.map(({ entity }) => entity.name) };
  };
  const rails = (parts: ReturnType<typeof setUp>, change: object) =>
    parts.stores.policies.setGuardRails('default', change, 'x');

  it('hits the consumers with alerts in the range that it matches, resolved ones too, and nobody else', async () => {
    const { result, hit } = await tried();
    expect(hit).toEqual(['carol', 'alice']);
    expect(result).toMatchObject({
      consumersHit: 2,
      consumersFreed: 0,
      alerts: { before: 4, after: 4, gainedCount: 0 },
    });
    expect(result.blocks.gained.at(-1)).toMatchObject({ from: NOW, until: NOW + 600_000, action: 'block-consumer' });
  });

  it('touches nobody who is never to be blocked', async () => {
    const { hit } = await tried({}, (parts) =>
      parts.stores.policies.addNeverBlock('default', { kind: 'consumer', value: 'alice', reason: '' }, 'x'),
    );
    expect(hit).toEqual(['carol']);
  });

  it.each([{ killSwitch: true }, { simulateAll: true }])('blocks nobody under %j, and says so', async (change) => {
    const { hit, result } = await tried({}, (parts) => rails(parts, change));
    expect([hit, result.notes.length]).toEqual([[], 1]);
  });

  it('keeps within the cap of an hour', async () => {
    const { hit, result } = await tried({}, (parts) => rails(parts, { capPerHour: 1 }));
    expect(hit).toEqual(['alice']);
    expect(result.notes.join()).toContain('1 further blocks');
  });

  it('is tried as if it acted, also when it is a draft that only simulates', async () => {
    const { hit, result } = await tried({ simulate: true, enabled: false });
    expect(hit).toHaveLength(2);
    expect(result.notes.join()).toContain('as if it were enabled');
  });

  it('in the place of another frees whom only that one blocked', async () => {
    const old = aPolicy({ match: { minSeverity: 'low' } });
    const { result, hit } = await tried(
      { match: { minSeverity: 'critical' } },
      ({ stores }) => stores.policies.policies.set(old.id, old),
      old.id,
    );
    expect([hit, result.consumersFreed, result.blocks.lostCount]).toEqual([[], 3, 3]);
  });
});
