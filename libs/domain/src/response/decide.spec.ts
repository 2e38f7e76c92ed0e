import fc from 'fast-check';
import { anAlert } from '../detection/testing.ts';
import { decide, fitsEntity, type Decision } from './decide.ts';
import { DEFAULT_GUARD_RAILS, type NeverBlockEntry } from './guard-rails.ts';
import type { Action, Policy } from './policy.ts';
import { aPolicy, aUuid } from './testing.ts';

const alert = anAlert();
const block = (durationSeconds: number | null = 600) => ({ kind: 'block-consumer' as const, durationSeconds });
const limit = { kind: 'rate-limit-consumer' as const, durationSeconds: 600, limits: { minute: 5 } };
const address = { kind: 'block-address' as const, durationSeconds: 600 };
const outcomes = (decisions: readonly Decision[]) =>
  decisions.map((d) => [d.policy.name, d.action.kind, d.outcome, d.reason]);

test('of several actions of one kind the policy with the lower order wins', () => {
  const late = aPolicy({ name: 'late', order: 20, actions: [block(60), limit] });
  const early = aPolicy({ name: 'early', order: 10, actions: [block(3600)] });
  expect(outcomes(decide(alert, [late, early], DEFAULT_GUARD_RAILS))).toEqual([
    ['early', 'block-consumer', 'act', 'policy'],
    ['late', 'rate-limit-consumer', 'act', 'policy'],
  ]);
});

test('a policy on trial changes nothing of what the others do', () => {
  const trial = aPolicy({ name: 'trial', order: 1, simulate: true, actions: [block(60)] });
  const real = aPolicy({ name: 'real', order: 2, actions: [block(3600)] });
  expect(outcomes(decide(alert, [trial, real], DEFAULT_GUARD_RAILS))).toEqual([
    ['trial', 'block-consumer', 'simulate', 'policy-simulates'],
    ['real', 'block-consumer', 'act', 'policy'],
  ]);
});

test('a disabled policy decides nothing', () => {
  expect(decide(alert, [aPolicy({ enabled: false })], DEFAULT_GUARD_RAILS)).toEqual([]);
});

test('simulation of everything wins over every policy, notices included', () => {
  const policy = aPolicy({ actions: [block(), { kind: 'notify', webhookId: aUuid() }] });
  const decisions = decide(alert, [policy], { ...DEFAULT_GUARD_RAILS, simulateAll: true });
  expect(decisions.map((d) => [d.outcome, d.reason])).toEqual([
    ['simulate', 'all-simulated'],
    ['simulate', 'all-simulated'],
  ]);
});

test('the kill switch refuses every change in Kong and lets people be told', () => {
  const policy = aPolicy({ actions: [block(), { kind: 'notify', webhookId: aUuid() }] });
  const decisions = decide(alert, [policy], { ...DEFAULT_GUARD_RAILS, killSwitch: true });
  expect(decisions.map((d) => [d.outcome, d.reason])).toEqual([
    ['refuse', 'kill-switch'],
    ['act', 'policy'],
  ]);
});

test('nothing is done against whom the never-block list names, and a simulation says so too', () => {
  const rails = {
    ...DEFAULT_GUARD_RAILS,
    neverBlock: [{ id: aUuid(), kind: 'consumer' as const, value: 'alice', reason: '' }],
  };
  for (const simulate of [false, true]) {
    const [decision] = decide(alert, [aPolicy({ simulate, actions: [block(), limit] })], rails);
    expect(decision).toMatchObject({ outcome: 'refuse', reason: 'guard-rail' });
  }
});

test('a private address is not blocked unless that is allowed', () => {
  const local = anAlert({ entity: { kind: 'ip', id: '127.0.0.1', name: '127.0.0.1' } });
  const policy = aPolicy({ actions: [address] });
  expect(decide(local, [policy], DEFAULT_GUARD_RAILS)[0]?.outcome).toBe('refuse');
  expect(decide(local, [policy], DEFAULT_GUARD_RAILS, { privateAddresses: true })[0]?.outcome).toBe('act');
});

test.each([
  ['consumer', ['act', 'act', 'skip', 'act']],
  ['ip', ['skip', 'skip', 'act', 'act']],
  ['credential', ['skip', 'skip', 'skip', 'act']],
  ['endpoint', ['skip', 'skip', 'skip', 'act']],
] as const)('an action is done only to the kind of entity it is for: %s', (kind, expected) => {
  const about = anAlert({ entity: { kind, id: '203.0.113.7', name: 'x' } });
  const policy = aPolicy({ actions: [block(), limit, address, { kind: 'notify', webhookId: aUuid() }] });
  expect(decide(about, [policy], DEFAULT_GUARD_RAILS).map((d) => d.outcome)).toEqual(expected);
});

test('an acknowledged alert is decided like an open one, a resolved one asks for nothing', () => {
  const policies = [aPolicy()];
  expect(decide(anAlert({ state: 'acknowledged' }), policies, DEFAULT_GUARD_RAILS)).toHaveLength(1);
  expect(decide(anAlert({ state: 'resolved' }), policies, DEFAULT_GUARD_RAILS)).toEqual([]);
});

test('one webhook is told once however many policies name it', () => {
  const webhookId = aUuid();
  const policies = [1, 2].map(() => aPolicy({ actions: [{ kind: 'notify', webhookId }] }));
  expect(decide(alert, policies, DEFAULT_GUARD_RAILS)).toHaveLength(1);
});

const webhooks = [aUuid(), aUuid()];
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom(null, 10, 600).map((durationSeconds) => ({ ...block(durationSeconds), status: 403, message: 'no' })),
  fc.constant(limit),
  fc.constant(address),
  fc.constantFrom(...webhooks).map((webhookId) => ({ kind: 'notify' as const, webhookId })),
);
const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    order: fc.nat(3),
    enabled: fc.boolean(),
    simulate: fc.boolean(),
    actions: fc.array(anyAction, { minLength: 1, maxLength: 4 }),
  })
  .map((fields) => aPolicy({ ...fields, actions: fields.actions.map((action) => ({ ...action })) }));
const anyRails = fc.record({
  killSwitch: fc.boolean(),
  simulateAll: fc.boolean(),
  capPerHour: fc.nat(5),
  neverBlockPrivate: fc.boolean(),
  neverBlock: fc.constantFrom<NeverBlockEntry[]>(
    [],
    [{ id: aUuid(), kind: 'consumer' as const, value: 'alice', reason: '' }],
  ),
});
const anyAlert = fc
  .constantFrom(
    ['consumer', 'alice'] as const,
    ['ip', '203.0.113.7'] as const,
    ['ip', '10.0.0.1'] as const,
    ['credential', 'k'] as const,
  )
  .map(([kind, id]) => anAlert({ entity: { kind, id, name: id } }));

test('whatever the policies: no action acts twice, none acts against a guard rail, and their order of arrival does not matter', () => {
  fc.assert(
    fc.property(anyAlert, fc.array(anyPolicy, { maxLength: 5 }), anyRails, (about, policies, rails) => {
      const decisions = decide(about, policies, rails);
      expect(decide(about, [...policies].reverse(), rails)).toEqual(decisions);
      const acting = decisions.filter((d) => d.outcome === 'act');
      const slots = acting.map(({ action }) => (action.kind === 'notify' ? action.webhookId : action.kind));
      expect(new Set(slots).size).toBe(slots.length);
      const onKong = acting.filter((d) => d.action.kind !== 'notify');
      for (const { action, policy } of onKong) {
        expect(fitsEntity(action.kind, about.entity.kind)).toBe(true);
        expect(policies.find((p) => p.id === policy.id)).toMatchObject({ enabled: true, simulate: false });
      }
      if (rails.killSwitch || rails.neverBlock.length > 0) {
        const protectedNow = rails.killSwitch || about.entity.id === 'alice';
        if (protectedNow) expect(onKong).toEqual([]);
      }
      if (rails.simulateAll) expect(acting).toEqual([]);
    }),
  );
});

test('an enforcement is permanent only if its policy says so', () => {
  fc.assert(
    fc.property(fc.array(anyPolicy, { maxLength: 5 }), (policies) => {
      for (const { action, policy } of decide(alert, policies, DEFAULT_GUARD_RAILS)) {
        if (action.kind === 'notify') continue;
        const own = policies.find((p) => p.id === policy.id);
        expect(own?.actions).toContainEqual(action);
      }
    }),
  );
});
