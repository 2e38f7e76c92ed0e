import { describe, expect, test } from '@jest/globals';
import { EnforcementState } from './enforcement.ts';
import { requestLift, transition, TRANSITIONS, type EnforcementEvent } from './enforcement-lifecycle.ts';
import { anEnforcement } from './testing.ts';

const NOW = 1_767_225_700_000;
const EVENTS: Readonly<Record<EnforcementEvent['kind'], EnforcementEvent>> = {
  applied: { kind: 'applied' },
  effective: { kind: 'effective', by: 'propagation' },
  lift: { kind: 'lift', by: 'alice' },
  lifted: { kind: 'lifted' },
  'ended-unapplied': { kind: 'ended-unapplied', by: 'outrider' },
  retry: { kind: 'retry', error: 'Kong is away', nextAttemptAt: NOW + 1_000 },
  failed: { kind: 'failed', error: 'refused by Kong' },
  refused: { kind: 'refused', reason: 'kill switch' },
  simulated: { kind: 'simulated', reason: 'everything is only simulated' },
};
const LEADS_ON: Readonly<Record<EnforcementEvent['kind'], readonly string[]>> = {
  applied: ['pending>applied'],
  effective: ['applied>effective'],
  lift: ['pending>lifting', 'applied>lifting', 'effective>lifting', 'lifting>lifting'],
  lifted: ['lifting>lifted'],
  'ended-unapplied': ['pending>lifted'],
  retry: ['pending>pending', 'applied>applied', 'effective>effective', 'lifting>lifting'],
  failed: ['pending>failed'],
  refused: ['pending>refused'],
  simulated: ['pending>simulated'],
};
const record = (overrides: Parameters<typeof anEnforcement>[0] = {}) => ({ ...anEnforcement(overrides), revision: 4 });

describe('the lifecycle of an enforcement', () => {
  test.each(Object.values(EVENTS))('%j leads on from its states and changes nothing in the others', (event) => {
    const seen = EnforcementState.options.flatMap((state) => {
      const after = transition(record({ state }), event, NOW);
      return after ? [`${state}>${after.state}`] : [];
    });
    expect(seen).toEqual(LEADS_ON[event.kind]);
  });

  test('over is over: no event leads out of lifted, failed, refused and simulated', () => {
    for (const state of ['lifted', 'failed', 'refused', 'simulated'] as const)
      expect(Object.values(TRANSITIONS).filter((from) => from[state] !== undefined)).toEqual([]);
  });

  test('each step counts the revision up by one, so that a stale save is seen', () => {
    expect(transition(record(), EVENTS.applied, NOW)?.revision).toBe(5);
  });

  test('a success forgets the failures before it', () => {
    const failing = transition(record(), EVENTS.retry, NOW);
    expect(failing).toMatchObject({
      state: 'pending',
      attempts: 1,
      lastError: 'Kong is away',
      nextAttemptAt: NOW + 1_000,
    });
    expect(transition(failing ?? record(), EVENTS.applied, NOW)).toMatchObject({
      appliedAt: NOW,
      attempts: 0,
      lastError: null,
      nextAttemptAt: null,
    });
  });

  test('says how it is known to be effective', () => {
    const after = transition(record({ state: 'applied' }), { kind: 'effective', by: 'refusal-seen' }, NOW);
    expect(after).toMatchObject({ effectiveAt: NOW, effectiveBy: 'refusal-seen' });
  });
});

describe('asking for the end', () => {
  test('names who asked, and asking again hurries the undo without taking the credit', () => {
    const lifting = requestLift(record({ state: 'effective' }), 'alice', NOW);
    expect(lifting).toMatchObject({ state: 'lifting', liftedBy: 'alice', revision: 5 });
    const waiting = { ...(lifting ?? record()), nextAttemptAt: NOW + 60_000 };
    expect(requestLift(waiting, 'bob', NOW)).toMatchObject({ liftedBy: 'alice', nextAttemptAt: null, revision: 6 });
  });

  test.each(['lifted', 'failed', 'refused', 'simulated'] as const)('does nothing to one that is %s', (state) => {
    expect(requestLift(record({ state }), 'alice', NOW)).toBeUndefined();
  });
});
