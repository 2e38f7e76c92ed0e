import { describe, expect, it } from '@jest/globals';
import { CATALOGUE } from '../detectors/catalogue.ts';
import { CallerProfile } from '../knowledge/caller-profile.ts';
import { DAY_MS, HOUR_MS } from '../windows/time.ts';
import { HeldHabits } from './held-habits.ts';

const SINCE = Date.UTC(2026, 0, 5, 12);
const LANE = 3;
const profile = (firstAt: number, seeded = true): CallerProfile =>
  Object.assign(new CallerProfile(), { firstAt, seeded });
const OLD = profile(SINCE - 9 * DAY_MS);
const NEW = profile(SINCE + HOUR_MS);
const held = (at = SINCE): HeldHabits => {
  const made = new HeldHabits();
  made.from([LANE], at);
  return made;
};

describe('habits that a replay did not reach', () => {
  it.each<[string, boolean, HeldHabits, number | undefined, CallerProfile | undefined, number]>([
    ['an old caller within the time', true, held(), 24, OLD, SINCE + 23 * HOUR_MS],
    ['an old caller after it', false, held(), 24, OLD, SINCE + 24 * HOUR_MS],
    ['a caller whose past was not read yet', true, held(), 24, profile(SINCE + HOUR_MS, false), SINCE + HOUR_MS],
    ['a caller that came afterwards', false, held(), 24, NEW, SINCE + 2 * HOUR_MS],
    ['a detector that does not go by habits', false, held(), undefined, OLD, SINCE + HOUR_MS],
    ['an address', false, held(), 24, undefined, SINCE + HOUR_MS],
    ['everything, where the replay reached the beginning', false, held(-Infinity), 24, OLD, SINCE + HOUR_MS],
  ])('%s is passed over: %s', (_who, blind, habits, hours, one, at) => {
    expect(habits.isBlind(hours, { key: 'k', lane: LANE, profile: one }, at)).toBe(blind);
    expect(habits.unheld).toBe(blind ? 1 : 0);
  });

  it('are forgotten with the partition', () => {
    const habits = held();
    habits.forgetLanes(new Set([LANE]));
    expect(habits.isBlind(24, { key: 'k', lane: LANE, profile: OLD }, SINCE + HOUR_MS)).toBe(false);
  });

  it('are named by detectors that mix what the profile says with what they saw themselves', () => {
    const named = CATALOGUE.filter(({ learnsHours }) => learnsHours !== undefined).map(({ type }) => type);
    expect(named).toEqual(
      expect.arrayContaining(['data-exfiltration', 'sensitive-flow-abuse', 'function-level-abuse']),
    );
  });
});
