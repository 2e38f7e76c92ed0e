import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { FakeBaselineStore } from '@outrider/testing/fakes/baseline-store.fake';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { dormantCredential } from '../detectors/dormant-credential/dormant-credential.definition.ts';
import { calls, MONDAY, server } from '../detectors/leaked-credential/testing/identity-traffic.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { CallerProfile } from '../knowledge/caller-profile.ts';
import { DetectSettings } from '../settings.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../windows/time.ts';
import { ProfileSeeds } from './profile-seeds.ts';

const BACK = MONDAY + 50 * DAY_MS + 11 * HOUR_MS;
const [anEvent] = server(1);
if (!anEvent) throw new Error('no event');
const { tenant, consumerId } = anEvent;
const caller = { kind: 'consumer', id: consumerId } as const;

let store: FakeBaselineStore;
let seeds: ProfileSeeds;
let profile: CallerProfile | undefined;
let engine: DetectionEngine;
beforeEach(() => {
  store = new FakeBaselineStore();
  seeds = new ProfileSeeds({ store, now: () => BACK });
  engine = new DetectionEngine(DetectSettings.parse({ requestSpike: { enabled: false } }), {} as BaselineSource, {
    catalogue: [dormantCredential],
    onNewProfile: (event, key, made) => {
      profile = made;
      seeds.want(event, key, made);
    },
  });
});
const observe = (events: readonly ApiEvent[]): Finding[] => {
  const findings: Finding[] = [];
  for (const event of events) engine.observeNow(event, 0, findings);
  return findings;
};
/** Five days of work, then nothing. */
const stored = {
  tenant,
  caller,
  firstSeenAt: MONDAY,
  lastSeenAt: MONDAY + 4 * DAY_MS + HOUR_MS,
  requests: 240,
  days: 5,
};
const oneStretch = { activeSince: MONDAY, gapMs: 0, pauses: 0, requestsBefore: 0, daysBefore: 0 };

describe('what the store knows of a caller, after a restart', () => {
  it('tells who is back after weeks, though this process never saw it before', async () => {
    store.uses.push({ ...stored, ...oneStretch });
    const [first, ...rest] = calls(30, BACK, MINUTE_MS);
    expect(observe(first ? [first] : [])).toEqual([]);
    await seeds.round();
    expect(profile).toMatchObject({ requestsBefore: 240, daysBefore: 5, pauses: 0, lastAt: BACK, activeSince: BACK });
    expect(profile?.gapMs).toBe(BACK - stored.lastSeenAt);
    expect(observe(rest)[0]).toMatchObject({ type: 'dormant-credential', entity: { id: consumerId } });
  });

  it('tells it also where its first calls were stored before they were read back', async () => {
    const gapMs = BACK - stored.lastSeenAt;
    store.uses.push({ ...stored, lastSeenAt: BACK, requests: 121, days: 6, activeSince: BACK, gapMs, pauses: 0, requestsBefore: 120, daysBefore: 5 }); // prettier-ignore
    const [first, ...rest] = calls(30, BACK, MINUTE_MS);
    observe(first ? [first] : []);
    await seeds.round();
    expect(profile).toMatchObject({ requestsBefore: 120, gapMs, requests: 121 });
    expect(observe(rest)[0]).toMatchObject({ type: 'dormant-credential' });
  });

  it('is no news of a caller that comes every few weeks', async () => {
    store.uses.push({ ...stored, activeSince: MONDAY + 3 * DAY_MS, gapMs: 40 * DAY_MS, pauses: 2, requestsBefore: 90, daysBefore: 4 }); // prettier-ignore
    const [first, ...rest] = calls(30, BACK, MINUTE_MS);
    observe(first ? [first] : []);
    await seeds.round();
    expect(profile?.pauses).toBe(3);
    expect(observe(rest)).toEqual([]);
  });

  it('does not count twice what was replayed as well', async () => {
    const endpoint = 'orders GET /orders/{id}';
    store.uses.push({ ...stored, ...oneStretch });
    const about = { tenant, caller, firstSeenAt: MONDAY, lastSeenAt: stored.lastSeenAt, days: 5 };
    store.callerTerms.push(
      { ...about, kind: 'endpoint', term: endpoint, requests: 240, successes: 236 },
      { ...about, kind: 'hour', term: '9', requests: 20, successes: 20 },
    );
    observe(server(5));
    const counted = profile?.hours[9] ?? 0;
    await seeds.round();
    expect(profile).toMatchObject({ successes: 240, requests: 240, days: 5 });
    expect(profile?.hours[9]).toBe(Math.max(counted, 20));
  });
});
