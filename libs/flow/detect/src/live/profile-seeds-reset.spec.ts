import { expect, test } from '@jest/globals';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import type { BaselineStore, CallerTerm } from '@outrider/ports/baseline-store';
import { callerKeyOf } from '../engine/caller-key.ts';
import { CallerProfile } from '../knowledge/caller-profile.ts';
import { ProfileSeeds } from './profile-seeds.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 30);
const event = anApiEvent();
const caller = { kind: 'consumer', id: event.consumerId } as const;
const prefix = (term: string, firstDaysAgo: number, lastDaysAgo: number): CallerTerm => ({
  ...{ caller, kind: 'prefix', term, requests: 5, successes: 5, days: 2 },
  ...{ firstSeenAt: NOW - firstDaysAgo * DAY, lastSeenAt: NOW - lastDaysAgo * DAY },
});

/** What of three networks a profile knows after it was read: seen long ago, always, and on one day alone. */
const seeded = async (said: CallerProfile['said']) => {
  const asked: number[] = [];
  const store: Pick<BaselineStore, 'terms' | 'lastUsed'> = {
    async *terms({ since }) {
      asked.push(since);
      yield [prefix('192.0.2.0/24', 40, 20), prefix('198.51.100.0/24', 40, 1), prefix('203.0.113.0/24', 5.5, 5.2)];
    },
    lastUsed: async () => [
      {
        ...{ caller, firstSeenAt: NOW - 40 * DAY, lastSeenAt: NOW - DAY, requests: 15, days: 9 },
        ...{ activeSince: NOW - 40 * DAY, gapMs: 0, pauses: 0, requestsBefore: 0, daysBefore: 0 },
      },
    ],
  };
  const seeds = new ProfileSeeds({ store, now: () => NOW });
  const profile = new CallerProfile();
  profile.said = said;
  seeds.want(event, callerKeyOf(event), profile);
  expect(profile.seeded).toBe(false);
  await seeds.round();
  expect(profile.seeded).toBe(true);
  const knows = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map((term) =>
    profile.prefixes.has(CallerProfile.term(term)),
  );
  return { knows, daysAgo: (NOW - profile.firstAt) / DAY, asked: asked.map((since) => (NOW - since) / DAY) };
};

test('a profile is read back as far as the store remembers', async () => {
  expect(await seeded(undefined)).toEqual({ knows: [true, true, true], daysAgo: 40, asked: [120] });
});

test('after a reset nothing is read of what was before it, although the store gives whole months', async () => {
  const said = { from: NOW - 10 * DAY, excluded: [] };
  expect(await seeded(said)).toEqual({ knows: [false, true, true], daysAgo: 10, asked: [10] });
});

test('what was seen in excluded time alone is no habit', async () => {
  const said = { from: Number.NEGATIVE_INFINITY, excluded: [{ from: NOW - 6 * DAY, to: NOW - 5 * DAY }] };
  expect((await seeded(said)).knows).toEqual([true, true, false]);
});
