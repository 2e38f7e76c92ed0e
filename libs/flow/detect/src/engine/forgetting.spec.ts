import { describe, expect, test } from '@jest/globals';
import type { BaselineKind } from '@outrider/domain/baseline/baseline';
import type { OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { LiveTeachingTimes } from '../controls/live-teaching-times.ts';
import { DetectSettings } from '../settings.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { callerKeyOf } from './caller-key.ts';
import { DetectionEngine } from './detection-engine.ts';
import { Forgotten } from './forgotten.ts';
import { PendingResets } from './pending-resets.ts';

/** A Wednesday, at an odd minute: nothing is due then. */
const AT = Date.UTC(2026, 0, 14, 10, 7, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIB = 1_048_576;
const ALICE = anApiEvent().consumerId;
const [BOB, CAROL] = ['22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];

const reset = (kind: BaselineKind, entityId: string, from: number): OwnedBaselineControl => ({
  ...{ id: '00000000-0000-4000-8000-000000000001', tenant: 'default', action: 'reset', kind, entityId, from },
  ...{ to: null, reason: 'spec', createdAt: 0, createdBy: 'ann' },
});

const setUp = (...controls: OwnedBaselineControl[]) => {
  const teaching = new LiveTeachingTimes();
  teaching.refresh(controls, AT + DAY);
  const engine = new DetectionEngine(
    DetectSettings.parse({}),
    { load: async () => Promise.reject(new Error('not asked')) },
    { teaching },
  );
  const take = (events: readonly ApiEvent[]): Finding[] => {
    const findings: Finding[] = [];
    for (const event of events) engine.observeNow(event, 0, findings);
    return findings;
  };
  return { teaching, engine, take };
};

/** Everything that is counted by caller somewhere: objects, sizes, refusals, logins, payments, errors, new names and methods. */
const FORMS: readonly Partial<ApiEvent>[] = [
  { pathTemplate: '/orders/{id}' },
  { pathTemplate: '/exports/{id}', responseBytes: 20 * MIB },
  { pathTemplate: '/orders/{id}', method: 'DELETE', status: 204 },
  { pathTemplate: '/payments', path: '/payments', method: 'POST', status: 201, requestBytes: 2 * MIB },
  { pathTemplate: '/payments/confirm', path: '/payments/confirm', method: 'POST' },
  { pathTemplate: '/login', path: '/login', method: 'POST', status: 401, refusal: 'answered' },
  { pathTemplate: '/otp/send', path: '/otp/send', method: 'POST' },
  { pathTemplate: '/admin/users', path: '/admin/users' },
  { pathTemplate: '/search', path: '/search', query: 'isadmin=bool&q=text' },
  { pathTemplate: '/graphql', path: '/graphql', method: 'POST', requestBytes: 40_000 },
  { pathTemplate: '/reports', path: '/reports', latencyUpstreamMs: 9_000 },
  { pathTemplate: '/broken', path: '/broken', status: 500 },
  { pathTemplate: '/nothing', path: '/nothing-here', status: 404 },
  { pathTemplate: '/orders', path: '/orders', method: 'TRACE', status: 405 },
  { pathTemplate: '/v1/old', path: '/v1/old' },
  { pathTemplate: '/v2/old', path: '/v2/old' },
  { pathTemplate: '/orders', path: '/orders', status: 429, refusal: 'rate-limited' },
];
let sequence = 0;
const of = (consumerId: string, startedAt: number, over: Partial<ApiEvent>, objects = 'old'): ApiEvent => {
  const n = ++sequence % 7;
  const object =
    over.pathTemplate?.endsWith('{id}') === true ? { path: over.pathTemplate.replace('{id}', `${objects}-${n}`) } : {};
  return anApiEvent({
    consumerId,
    consumerName: consumerId.slice(0, 2),
    credentialId: `key-${consumerId}`,
    startedAt,
    receivedAt: startedAt,
    ...object,
    ...over,
  });
};
const life = (consumerId: string, from: number, hours: number, objects = 'old'): ApiEvent[] => {
  sequence = 0;
  return Array.from({ length: hours }, (_, hour) =>
    FORMS.flatMap((form, i) =>
      [0, 1, 2].map((n) => of(consumerId, from + hour * HOUR + i * MINUTE + n * 1_500, form, objects)),
    ),
  ).flat();
};
/** Another client and place than in all the time before. */
const elsewhere = (events: readonly ApiEvent[]): ApiEvent[] =>
  events.map((event) => ({ ...event, clientIp: '198.51.100.77', userAgent: 'okhttp/4.12.0' }));

/** How many callers there are beside: where somebody else had the past, one more. */
const OTHERS = /\d+(?= others are known)|\d+ of \d+(?= consumers)/g;

describe('a reset of a caller', () => {
  test('makes detectors say of it what they say of one that has just come, and of no other caller anything else', () => {
    const past = (who: string) =>
      [...life(who, AT - 5 * DAY + 40 * MINUTE, 120), ...life(CAROL, AT - 5 * DAY + 30_000, 115, 'hers')].sort(
        (a, b) => a.startedAt - b.startedAt,
      );
    const said = (who: string, ...controls: OwnedBaselineControl[]) => {
      const { engine, take } = setUp(...controls);
      take(past(who));
      const told: Record<string, unknown>[] = [];
      for (const event of [...elsewhere(life(ALICE, AT, 2, 'new')), ...life(CAROL, AT + 2 * HOUR, 1, 'hers')]) {
        const findings = take([event]).flatMap(({ type, entity, observed }) =>
          entity.id === event.consumerId ? [{ type, ...observed }] : [],
        );
        told.push({
          at: event.startedAt,
          path: event.pathTemplate,
          findings,
          says: Object.fromEntries(engine.explain(event, 0).map(({ type, says }) => [type, says.replace(OTHERS, 'n')])),
        });
      }
      return told;
    };
    const afterReset = said(ALICE, reset('consumer', ALICE, AT - MINUTE));
    const justCome = said(BOB);
    const neverReset = said(ALICE);
    expect(afterReset).not.toEqual(neverReset);
    expect(afterReset).toEqual(justCome);
  });

  test('leaves nothing in any detector’s memory under its name, and everything under that of others', () => {
    const { take, teaching } = setUp();
    const held: { map: BoundedMap<unknown>; key: string; value: unknown }[] = [];
    const { set } = BoundedMap.prototype;
    BoundedMap.prototype.set = function (this: BoundedMap<unknown>, key, value, lane) {
      held.push({ map: this, key, value });
      set.call(this, key, value, lane);
    };
    try {
      take([ALICE, CAROL].flatMap((who) => life(who, AT - 3 * DAY, 71, who)).sort((a, b) => a.startedAt - b.startedAt));
    } finally {
      BoundedMap.prototype.set = set;
    }
    const under = (id: string) =>
      held.filter(({ map, key, value }) => `${key}|`.includes(`|consumer|${id}|`) && map.peek(key) === value).length;
    const [alice, carol] = [under(ALICE), under(CAROL)];
    expect(alice).toBeGreaterThan(20);
    teaching.refresh([reset('consumer', ALICE, AT)], AT);
    take([
      of(CAROL, AT, { pathTemplate: '/news', path: '/news' }),
      of(ALICE, AT + 1, { status: 302, pathTemplate: '/news', path: '/news' }),
    ]);
    expect(under(ALICE)).toBe(0);
    expect(under(CAROL)).toBe(carol);
  });
});

describe('a reset of an endpoint, a service, a gateway', () => {
  const big = (startedAt: number, requestBytes: number): ApiEvent =>
    of(CAROL, startedAt, { method: 'POST', pathTemplate: '/files', path: '/files', requestBytes });
  const usual = Array.from({ length: 400 }, (_, i) => big(AT + i * 1_000, 3 * MIB));
  const sizes = (...controls: OwnedBaselineControl[]): string | undefined => {
    const { engine, take, teaching } = setUp();
    take(usual);
    teaching.refresh(controls, AT + HOUR);
    const probe = { ...big(AT + 2 * HOUR, 3 * MIB), consumerId: ALICE };
    take([probe]);
    return engine.explain(probe, 0).find(({ type }) => type === 'oversized-payload')?.says;
  };
  const { serviceId } = big(AT, 0);

  test('makes detectors forget what was usual there', () => {
    expect(sizes()).toMatch(/where up to \d+(?:\.\d+)? MiB is let pass/);
    const both = [reset('endpoint', `${serviceId} POST /files`, AT + HOUR), reset('service', serviceId, AT + HOUR)];
    expect(sizes(...both)).toContain('not known yet');
  });

  test('of another place leaves what is known as it is', () => {
    expect(sizes(reset('endpoint', `${serviceId} POST /other`, AT + HOUR), reset('service', 'other', AT + HOUR))).toBe(
      sizes(),
    );
  });

  test('keeps silent-source from missing what was reset', () => {
    const busy = Array.from({ length: 4 * 24 * 180 }, (_, i) =>
      anApiEvent({
        startedAt: AT + i * 20_000,
        receivedAt: AT + i * 20_000,
        consumerId: `c${i % 10}`,
        credentialId: 'k',
      }),
    );
    const end = AT + 4 * DAY;
    const missed = (...controls: OwnedBaselineControl[]): string[] => {
      const { engine, take, teaching } = setUp();
      take(busy);
      teaching.refresh(controls, end);
      const findings: Finding[] = [];
      for (let minute = 1; minute < 240; minute++) engine.tick(end + minute * MINUTE, findings);
      return findings.filter(({ type }) => type === 'silent-source').map(({ entity }) => entity.kind);
    };
    expect(missed()).toContain('gateway');
    expect(missed(reset('gateway', big(AT, 0).gateway, end), reset('service', serviceId, end))).toEqual([]);
  });
});

describe('a reset', () => {
  test('holds once event time has come to it, and once', () => {
    const teaching = new LiveTeachingTimes();
    const pending = new PendingResets(teaching);
    teaching.refresh([reset('consumer', ALICE, AT), reset('consumer', CAROL, AT + HOUR)], AT + DAY);
    expect(pending.due(AT - 1)).toBeUndefined();
    expect([...(pending.due(AT)?.gone.callers ?? [])]).toEqual([callerKeyOf(of(ALICE, AT, {}))]);
    expect(pending.due(AT)).toBeUndefined();
    expect([...(pending.due(AT + 2 * HOUR)?.since.values() ?? [])]).toEqual([AT + HOUR]);
    teaching.refresh([reset('consumer', CAROL, AT + HOUR)], AT + DAY);
    expect(pending.due(AT + DAY)).toBeUndefined();
    teaching.refresh([reset('consumer', CAROL, AT + 2 * HOUR)], AT + DAY);
    expect(pending.due(AT + DAY)?.gone.callers.size).toBe(1);
  });

  test('of an address finds what is kept by address, and of an endpoint what is kept for all its methods', () => {
    const gone = new Forgotten({
      callers: new Set(['t|ip|192.0.2.1', 't|consumer|ip|x']),
      endpoints: new Set(['t|s|POST /a b']),
    });
    expect([...gone.addresses]).toEqual(['t|192.0.2.1']);
    expect([...gone.places]).toEqual(['t|s|/a b']);
  });
});
