import { describe, expect, test } from '@jest/globals';
import { DEFAULT_GUARD_RAILS, type GuardRails } from './guard-rails.ts';
import { restrained, restraintOf } from './restraint.ts';
import { anEnforcement, aUuid } from './testing.ts';

const rails = (change: Partial<GuardRails>): GuardRails => ({ ...DEFAULT_GUARD_RAILS, ...change });
const alice = { id: aUuid(), kind: 'consumer' as const, value: 'alice', reason: 'the shop' };

describe('what stands against an enforcement at the last moment', () => {
  test.each([
    ['nothing', {}, undefined],
    ['the kill switch', { killSwitch: true }, 'refused'],
    ['simulation', { simulateAll: true }, 'simulated'],
    ['simulation before the kill switch', { simulateAll: true, killSwitch: true }, 'simulated'],
    ['the never-block list before simulation', { simulateAll: true, neverBlock: [alice] }, 'refused'],
  ] as const)('%s', (_what, change, state) => {
    expect(
      restraintOf(
        anEnforcement(),
        rails({ ...change, neverBlock: [...('neverBlock' in change ? change.neverBlock : [])] }),
      )?.state,
    ).toBe(state);
  });

  test('only one that is about to begin is held back; what was decided already keeps its reason', () => {
    const refused = anEnforcement({ state: 'refused', reason: 'first reason' });
    expect(restrained(refused, rails({ simulateAll: true }))).toEqual(refused);
    expect(restrained(anEnforcement({ nextAttemptAt: 5 }), rails({ killSwitch: true }))).toMatchObject({
      state: 'refused',
      reason: 'the kill switch is on',
      nextAttemptAt: null,
    });
  });
});
