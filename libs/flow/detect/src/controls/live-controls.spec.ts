import { describe, expect, test } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type {
  DetectionException,
  DetectorOverride,
  ExceptionMatch,
} from '@outrider/domain/detection/detection-control';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import * as z from 'zod';
import { defineDetector, detectorSettings } from '../engine/detector.ts';
import { findingOf } from '../engine/finding-draft.ts';
import { callerOf } from '@outrider/domain/traffic/entity';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { settingProblems } from './check-settings.ts';
import { LiveControls, type HeldReason } from './live-controls.ts';

const Settings = detectorSettings({
  limit: z.number().int().min(1).max(100).default(10),
  share: z.number().min(0).max(1).default(0.5),
});
const definition = defineDetector({
  type: 'injection-probing',
  version: '1',
  scope: 'caller',
  settings: Settings,
  make: () => ({ observe: () => undefined, evicted: 0, forgetLanes: () => undefined, forget: () => undefined }),
  page: {
    title: '',
    summary: '',
    method: '',
    owasp: [],
    attack: [],
    severity: {},
    falsePositives: [],
    tuning: [],
    scenarios: { positive: [], negative: [] },
  },
});
const base = Settings.parse({});

let n = 0;
const id = (): string => `00000000-0000-4000-8000-${String(n++).padStart(12, '0')}`;
const override = (over: Partial<DetectorOverride> & { tenant?: string }) => ({
  tenant: 'default',
  id: id(),
  type: 'injection-probing' as const,
  service: '',
  route: '',
  state: null,
  settings: {},
  reason: '',
  updatedAt: n,
  updatedBy: 'ann',
  ...over,
});
const exception = (match: Partial<ExceptionMatch>, over: Partial<DetectionException> = {}) => ({
  tenant: 'default',
  id: id(),
  types: [],
  match: { entity: null, cidr: null, endpoint: null, tag: null, ...match },
  reason: 'known',
  until: Number.MAX_SAFE_INTEGER,
  createdAt: 0,
  createdBy: 'ann',
  updatedAt: 0,
  ...over,
});
const finding = (event: ApiEvent, over: Partial<Finding> = {}): Finding => ({
  ...findingOf({
    event,
    entity: callerOf(event),
    type: 'injection-probing',
    version: '1',
    severity: 'high',
    confidence: 0.9,
    at: event.startedAt,
    from: event.startedAt - 1_000,
    observed: { metric: 'probes', value: 3, unit: '' },
    expected: { low: 0, high: 3, mean: 0, n: 0, p: 1, warmUp: 'mature' },
    explanation: 'x',
    evidence: undefined,
  }),
  ...over,
});
const live = (overrides: ReturnType<typeof override>[], exceptions: ReturnType<typeof exception>[] = []) => {
  const held: HeldReason[] = [];
  const controls = new LiveControls((reason) => held.push(reason));
  controls.refresh({ overrides, exceptions });
  return { controls, held };
};
const event = anApiEvent();

describe('settings', () => {
  test('are the very same object for everybody while nobody tuned the detector', () => {
    const { controls } = live([override({ type: 'brute-force', settings: { limit: 3 } })]);
    expect(controls.tuned(definition, base).of(event)).toBe(base);
  });

  test('of a narrower scope go over those of a wider one, setting by setting, by name or id, in one tenant', () => {
    const { controls } = live([
      override({ route: 'orders', settings: { limit: 3 } }),
      override({ settings: { limit: 20, share: 0.9 } }),
      override({ service: event.serviceId, settings: { limit: 30 } }),
    ]);
    const tuned = controls.tuned(definition, base);
    expect(tuned.of(event)).toMatchObject({ limit: 3, share: 0.9 });
    expect(tuned.of(event)).toBe(tuned.of(event));
    expect(tuned.of(anApiEvent({ routeName: 'other' }))).toMatchObject({ limit: 30, share: 0.9 });
    expect(tuned.of(anApiEvent({ serviceId: 's', serviceName: 's', routeName: 'o' }))).toMatchObject({ limit: 20 });
    expect(tuned.of(anApiEvent({ tenant: 'other' }))).toBe(base);
  });

  test('change for engines that run when they are refreshed, and go back', () => {
    const { controls } = live([]);
    const tuned = controls.tuned(definition, base);
    expect(tuned.of(event).limit).toBe(10);
    controls.refresh({ overrides: [override({ settings: { limit: 99 } })], exceptions: [] });
    expect(tuned.of(event).limit).toBe(99);
    controls.refresh({ overrides: [], exceptions: [] });
    expect(tuned.of(event)).toBe(base);
  });

  test('that no longer fit the schema leave the detector as it is, counted', () => {
    const { controls, held } = live([override({ settings: { limit: 1_000 } })]);
    expect(controls.tuned(definition, base).of(event)).toBe(base);
    expect(held).toEqual(['invalid-override']);
  });

  test.each<[Record<string, number | string | boolean>, string, RegExp]>([
    [{ limit: 101 }, 'settings.limit', /100/],
    [{ limit: 'many' }, 'settings.limit', /number/],
    [{ limits: 5 }, 'settings.limits', /it has limit, share/],
    [{ enabled: false }, 'settings.enabled', /state/],
    [{ quietMinutes: 5 }, 'settings.quietMinutes', /whole process/],
  ])('%j is refused by name', (change, path, message) => {
    const [problem] = settingProblems(definition, base, change);
    expect(problem?.path).toBe(path);
    expect(problem?.message).toMatch(message);
  });

  test('that fit are no problem', () => {
    expect(settingProblems(definition, base, { limit: 7 })).toEqual([]);
  });
});

describe('states', () => {
  test('off holds a finding back, simulated marks it, and both are counted', () => {
    const { controls, held } = live([override({ state: 'off' }), override({ service: 'orders', state: 'simulated' })]);
    expect(controls.pass(finding(event), event)?.simulated).toBe(true);
    const elsewhere = anApiEvent({ serviceId: 's', serviceName: 's' });
    expect(controls.pass(finding(elsewhere), elsewhere)).toBeUndefined();
    expect(held).toEqual(['simulated', 'off']);
  });

  test('a narrower scope that only tunes leaves the state to the wider one', () => {
    const { controls } = live([override({ state: 'off' }), override({ service: 'orders', settings: { limit: 3 } })]);
    expect(controls.pass(finding(event), event)).toBeUndefined();
  });

  test('rules can be off and simulated as well', () => {
    const { controls } = live([override({ type: 'rule:mine', state: 'off' })]);
    expect(controls.pass(finding(event, { type: 'rule:mine' }), event)).toBeUndefined();
    expect(controls.pass(finding(event, { type: 'rule:other' }), event)).toBeDefined();
  });

  test('a finding that no event completed goes by the service that it is about', () => {
    const { controls } = live([override({ service: 'orders', state: 'off' })]);
    const about = (name: string) =>
      controls.pass(finding(event, { entity: { kind: 'service', id: name, name } }), undefined);
    expect(about('orders')).toBeUndefined();
    expect(about('pay')).toBeDefined();
  });
});

describe('exceptions', () => {
  const aGateway = (id: string) => ({ entity: { kind: 'gateway' as const, id } });
  const route = { kind: 'route' as const, id: 'r1', name: 'orders' };
  const endpoints = (...names: string[]) => ({ scope: { services: [], routes: [], endpoints: names, tags: ['gold'] } });
  test.each<[string, Partial<ExceptionMatch>, Partial<Finding>, boolean]>([
    ['the consumer by name', { entity: { kind: 'consumer', id: 'alice' } }, {}, true],
    ['the consumer by id', { entity: { kind: 'consumer', id: event.consumerId } }, {}, true],
    ['another consumer', { entity: { kind: 'consumer', id: 'bob' } }, {}, false],
    [
      'the consumer behind an address',
      { entity: { kind: 'consumer', id: 'alice' } },
      { entity: { kind: 'ip', id: '1.2.3.4', name: '' } },
      true,
    ],
    ['the network', { cidr: '198.51.100.0/24' }, {}, true],
    ['another network', { cidr: '198.51.101.0/24' }, {}, false],
    ['the endpoint', { endpoint: 'GET /orders/{id}' }, {}, true],
    ['another method', { endpoint: 'POST /orders/{id}' }, {}, false],
    ['endpoints below', { endpoint: '* /orders/*' }, {}, true],
    ['a beginning without a star', { endpoint: 'GET /orders' }, {}, false],
    ['all its endpoints', { endpoint: 'GET /a/*' }, endpoints('GET /a/b', 'GET /a/c'), true],
    ['only some of its endpoints', { endpoint: 'GET /a/*' }, endpoints('GET /a/b', 'GET /c'), false],
    ['the tag', { tag: 'gold' }, endpoints(), true],
    ['one of two conditions', { tag: 'gold', cidr: '10.0.0.0/8' }, endpoints(), false],
    ['a gateway, of a change within it', aGateway('default'), { type: 'gateway-config-change', entity: route }, true],
    ['another gateway, of a change', aGateway('eu'), { type: 'gateway-config-change', entity: route }, false],
    ['a gateway, of traffic through it', aGateway('default'), { entity: route }, false],
  ])('%s', (_name, match, over, excepted) => {
    const { controls, held } = live([], [exception(match)]);
    expect(controls.pass(finding(event, over), event) === undefined).toBe(excepted);
    expect(held).toEqual(excepted ? ['excepted'] : []);
  });

  test('end at their end, hold for their types and their tenant alone', () => {
    const match = { entity: { kind: 'consumer' as const, id: 'alice' } };
    const passes = (over: Partial<DetectionException>, of = event) =>
      live([], [exception(match, over)]).controls.pass(finding(of), of) !== undefined;
    expect(passes({ until: event.startedAt + 1 })).toBe(false);
    expect(passes({ until: event.startedAt })).toBe(true);
    expect(passes({ types: ['brute-force'] })).toBe(true);
    expect(passes({ types: ['brute-force', 'injection-probing'] })).toBe(false);
    expect(passes({}, anApiEvent({ tenant: 'other' }))).toBe(true);
  });
});
