import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { storedRows } from '@outrider/clickhouse/testing/event-rows';
import { runBacktest } from '@outrider/detect/backtest/run-backtest';
import { DetectSettings } from '@outrider/detect/settings';
import type { BacktestChange, BacktestResult } from '@outrider/domain/detection/backtest';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import type { EventStore } from '@outrider/ports/event-store';
import { FakeAlertStore } from '@outrider/testing/fakes/alert-store.fake';
import { FakeDetectionControlStore } from '@outrider/testing/fakes/detection-control-store.fake';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { FakePolicyStore } from '@outrider/testing/fakes/response-store.fake';

const T0 = Date.UTC(2026, 0, 5, 8, 0, 0);
const HOUR_MS = 3_600_000;
const SPAN_MS = 6 * HOUR_MS;
const SECOND_MS = 1_000;

/** The same events on every run. */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const nobody = { consumerId: '', consumerName: '', credentialId: '', credentialFingerprint: '' };

/** `n` refused requests of one address, one a second. */
const refusedBy = (clientIp: string, n: number, startedAt: number, more: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anApiEvent({
      ...nobody,
      ...more,
      clientIp,
      startedAt: startedAt + i * SECOND_MS,
      status: 401,
      answeredBy: 'kong',
      refusal: 'unauthenticated',
    }),
  );

/** Different paths that are not there. */
const scanBy = (clientIp: string, n: number, startedAt: number): ApiEvent[] =>
  Array.from({ length: n }, (_, i) =>
    anApiEvent({
      ...nobody,
      clientIp,
      startedAt: startedAt + i * SECOND_MS,
      status: 404,
      path: `/x${i}/y${i}`,
      pathTemplate: `/x${i}/y${i}`,
    }),
  );

/** Bursts and gaps, of callers of several kinds: with long silences, in which nothing but time passes. */
const noise = (): ApiEvent[] => {
  const next = random(11);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T; // never empty
  return Array.from({ length: 5_000 }, (_, i) => {
    const at = i % 3 === 0 ? Math.floor(next() * 5) * 4_000_000 + next() * 240_000 : next() * (SPAN_MS - HOUR_MS);
    const who = Math.floor(next() * 12);
    return anApiEvent({
      startedAt: T0 + Math.floor(at),
      clientIp: `203.0.113.${who}`,
      ...(who < 4 ? nobody : { consumerId: `c-${who}`, consumerName: `consumer-${who}`, credentialId: `k-${who}` }),
      method: pick(['GET', 'GET', 'POST']),
      status: pick([200, 200, 200, 401, 404, 500]),
      path: pick(['/orders/1', '/Admin/users', '/login', `/items/${Math.floor(next() * 40)}`]),
      query: pick(['', 'page=2', 'limit=500']),
      userAgent: pick(['curl/8', 'Mozilla/5.0', 'SQLMap/1']),
    });
  });
};

const ruleOf = (text: string): string => `id: r\ntitle: r\ndescription: d\nseverity: high\n${text}`;
const many401 = (atLeast: number): string =>
  ruleOf(
    `kind: threshold\nwhere: { status: 401, refusal: unauthenticated }\ngroup_by: client_ip\nwindow: 5m\nat_least: ${atLeast}`,
  );

/** Rules of every kind, each of which finds something in the noise. */
const RULES: Readonly<Record<string, string>> = {
  threshold: 'kind: threshold\nwhere: { status: [401, 404] }\ngroup_by: client_ip\nwindow: 5m\nat_least: 18',
  'threshold of few': 'kind: threshold\nwhere: { path: /login }\ngroup_by: [caller, method]\nwindow: 1m\nat_least: 4',
  'threshold of all': 'kind: threshold\ngroup_by: caller\nwindow: 2m\nat_least: 18',
  'threshold with an exception':
    'kind: threshold\nwhere: { method: GET }\ngroup_by: client_ip\nwindow: 5m\nat_least: 15\nexceptions:\n  - { field: client_ip, values: [203.0.113.3], reason: ours }',
  distinct: 'kind: distinct\nfield: path\ngroup_by: client_ip\nwindow: 5m\nat_least: 20',
  'distinct of a list': 'kind: distinct\nfield: query_names\ngroup_by: client_ip\nwindow: 2m\nat_least: 2',
  ratio:
    'kind: ratio\nwhere: { path: { prefix: /items } }\nmatching: { status: { gte: 401 } }\ngroup_by: [client_ip, method]\nwindow: 5m\nshare: 0.2\nmin_events: 5',
  'new-term':
    'kind: new-term\nwhere: { status: 200 }\nfield: user_agent\ngroup_by: path\nhistory: 1d\nwarm_up: 10m\nmin_events: 5',
  sequence:
    'kind: sequence\nsteps:\n  - { name: fails, where: { status: 401 }, at_least: 3 }\n  - { name: works, where: { status: 200, path: /login } }\ngroup_by: client_ip\nwindow: 10m',
  absence:
    'kind: absence\nwhere: { method: POST }\nafter: { path: /login, status: 500 }\ngroup_by: client_ip\nwindow: 2m',
};

describe('a backtest on stored events', () => {
  let temporary: TemporaryStore;
  const fakes = () => ({
    alerts: new FakeAlertStore(),
    policies: new FakePolicyStore(),
    controls: new FakeDetectionControlStore(),
    endpoints: new FakeEndpointStore(),
  });
  const run = (
    change: BacktestChange,
    {
      tenant = 'default',
      maxEvents,
      stores = fakes(),
      events = temporary.store,
    }: Partial<{
      tenant: string;
      maxEvents: number;
      stores: ReturnType<typeof fakes>;
      events: Pick<EventStore, 'replay' | 'replayCount' | 'minuteCounts'>;
    }> = {},
  ): Promise<BacktestResult> =>
    runBacktest(
      tenant,
      { change, range: { from: T0, to: T0 + SPAN_MS }, maxEvents },
      DetectSettings.parse({}),
      { ...stores, events },
      { onProgress: () => undefined, isStopped: () => false },
    );
  const names = (alerts: BacktestResult['alerts']['gained']): string[] =>
    alerts.map(({ entity }) => entity.name).sort();

  beforeAll(async () => {
    temporary = await openTemporaryStore();
    const events = [
      ...noise(),
      ...refusedBy('192.0.2.10', 10, T0 + HOUR_MS),
      ...refusedBy('192.0.2.30', 30, T0 + 2 * HOUR_MS),
      ...refusedBy('192.0.2.50', 50, T0 + 3 * HOUR_MS),
      ...refusedBy('192.0.2.77', 90, T0 + HOUR_MS, { tenant: 'other' }),
      ...scanBy('192.0.2.120', 20, T0 + HOUR_MS),
      ...scanBy('192.0.2.140', 45, T0 + 2 * HOUR_MS),
    ];
    await temporary.store.insertEvents({ rows: storedRows(events), token: 'backtest' });
    await temporary.store.insertEvents({
      rows: storedRows(refusedBy('192.0.2.66', 90, T0 + HOUR_MS), { position: 100_000, blockEcho: true }),
      token: 'echo',
    });
  });
  afterAll(() => temporary.remove());

  it('a rule with a lower limit gains exactly the entities between the limits, and loses none', async () => {
    const { alerts } = await run({ kind: 'rule', rule: many401(20), instead: many401(40) });
    expect([names(alerts.gained), names(alerts.lost)]).toEqual([['192.0.2.30'], []]);
    expect([alerts.before, alerts.after]).toEqual([1, 2]);
    expect(alerts.gained[0]?.explanation).toContain('where the rule');
  });

  it('a rule with a higher limit loses them, and a new one is compared with nothing', async () => {
    const higher = await run({ kind: 'rule', rule: many401(40), instead: many401(5) });
    expect([names(higher.alerts.gained), names(higher.alerts.lost)]).toEqual([[], ['192.0.2.10', '192.0.2.30']]);
    const fresh = await run({ kind: 'rule', rule: many401(40) });
    expect([fresh.alerts.before, names(fresh.alerts.gained)]).toEqual([0, ['192.0.2.50']]);
  });

  it('a detector with higher limits loses those below them, and finds what it found with the same', async () => {
    const settings = { distinct60s: 30, distinct10m: 100 };
    const { alerts, events } = await run({ kind: 'detector', type: 'endpoint-probing', settings });
    expect(names(alerts.lost)).toEqual(['192.0.2.120']);
    expect([names(alerts.gained), alerts.after]).toEqual([[], 1]);
    const same = await run({ kind: 'detector', type: 'endpoint-probing', settings, instead: settings });
    expect([same.alerts.before, same.alerts.after, same.alerts.gainedCount, same.alerts.lostCount]).toEqual([
      1, 1, 0, 0,
    ]);
    expect(events).toBe(same.events);
  });

  it('compares a detector with the settings in force for the tenant, and leaves excepted alerts out', async () => {
    const stores = fakes();
    const scope = { type: 'endpoint-probing', service: '', route: '', state: null, reason: '' } as const;
    await stores.controls.putOverride('default', { ...scope, settings: { distinct60s: 30, distinct10m: 100 } }, 'x');
    const { alerts } = await run(
      { kind: 'detector', type: 'endpoint-probing', settings: { distinct60s: 15 } },
      { stores },
    );
    expect([alerts.before, names(alerts.gained)]).toEqual([1, ['192.0.2.120']]);
  });

  it('sees nothing of another tenant', async () => {
    const ours = await run({ kind: 'rule', rule: many401(60) });
    expect(ours.alerts.after).toBe(0);
    const theirs = await run({ kind: 'rule', rule: many401(60) }, { tenant: 'other' });
    expect(names(theirs.alerts.gained)).toEqual(['192.0.2.77']);
  });

  it.each(Object.entries(RULES))(
    'reads only what matters, and finds what it finds in all events: %s',
    async (_, text) => {
      const change: BacktestChange = { kind: 'rule', rule: ruleOf(text) };
      const everything: Pick<EventStore, 'replay' | 'replayCount' | 'minuteCounts'> = {
        replayCount: ({ where: _w, crowd: _c, ...query }) => temporary.store.replayCount(query),
        replay: ({ where: _w, crowd: _c, ...query }) => temporary.store.replay(query),
        minuteCounts: (query) => temporary.store.minuteCounts(query),
      };
      const [some, all] = [await run(change), await run(change, { events: everything })];
      const told = ({ alerts }: BacktestResult) =>
        alerts.gained.map(({ type, entity, severity, detectedAt, lastSeenAt }) => ({
          type,
          id: entity.id,
          severity,
          detectedAt,
          lastSeenAt,
        }));
      expect(told(some)).toEqual(told(all));
      expect(told(all).length).toBeGreaterThan(0);
      expect(some.run).toBeLessThanOrEqual(all.run);
    },
  );

  it('reads no more than the neighbourhood of crowds', async () => {
    const { run: read } = await run({ kind: 'rule', rule: many401(40) });
    expect(read).toBeGreaterThanOrEqual(50);
    expect(read).toBeLessThan(100);
  });

  it('takes a part of the callers where there are too many events, wholly, and says so', async () => {
    const result = await run({ kind: 'detector', type: 'brute-force', settings: {} }, { maxEvents: 1_500 });
    expect(result.oneCallerIn).toBe(4);
    expect(result.run).toBeLessThan(result.events);
    expect(result.notes.join()).toContain('every 4th caller');
    const estate = await run({ kind: 'detector', type: 'traffic-drop', settings: {} }, { maxEvents: 1_500 });
    expect(estate.notes.join()).toContain('all callers together');
  });

  it('what policies would have done follows the alerts: blocks, and consumers hit', async () => {
    const stores = fakes();
    const match = {
      types: [],
      minSeverity: 'info',
      minConfidence: 0,
      entityKinds: [],
      entityIds: [],
      services: [],
      routes: [],
      endpoints: [],
      tags: [],
    } as const;
    const draft = { name: 'block', description: '', order: 1, enabled: true, simulate: false };
    await stores.policies.create(
      'default',
      {
        ...draft,
        match: {
          ...match,
          types: [],
          entityKinds: [],
          entityIds: [],
          services: [],
          routes: [],
          endpoints: [],
          tags: [],
        },
        actions: [
          { kind: 'block-consumer', durationSeconds: 600, status: 403, message: 'x' },
          { kind: 'block-address', durationSeconds: 60 },
        ],
      },
      'x',
    );
    const rule = ruleOf('kind: threshold\nwhere: { status: 500 }\ngroup_by: caller\nwindow: 10m\nat_least: 8');
    const { alerts, blocks, consumersHit } = await run({ kind: 'rule', rule }, { stores });
    const hit = new Set(
      alerts.gained.filter(({ entity }) => entity.kind === 'consumer').map(({ entity }) => entity.id),
    );
    expect(hit.size).toBeGreaterThan(0);
    expect(consumersHit).toBe(hit.size);
    expect(
      blocks.gained.every(
        ({ action, entity }) => action === (entity.kind === 'consumer' ? 'block-consumer' : 'block-address'),
      ),
    ).toBe(true);
    expect(blocks.after).toBe(new Set(alerts.gained.map(({ entity }) => `${entity.kind} ${entity.id}`)).size);
  });

  it('an end of the process ends it', async () => {
    const stopped = runBacktest(
      'default',
      { change: { kind: 'detector', type: 'brute-force', settings: {} }, range: { from: T0, to: T0 + SPAN_MS } },
      DetectSettings.parse({}),
      { ...fakes(), events: temporary.store },
      { onProgress: () => undefined, isStopped: () => true },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'stopping' });
  });
});
