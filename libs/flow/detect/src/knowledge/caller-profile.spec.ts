import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { prefixOf } from '@outrider/domain/traffic/ip-address';
import { userAgentOf } from '@outrider/domain/traffic/user-agent';
import { calls, CURL, FIREFOX, MONDAY, server } from '../detectors/leaked-credential/testing/identity-traffic.ts';
import { DAY_MS, HOUR_MS } from '../windows/time.ts';
import { CallerProfile, hourOfWeek } from './caller-profile.ts';

const learned = (...streams: readonly (readonly ApiEvent[])[]): CallerProfile => {
  const profile = new CallerProfile();
  for (const event of streams.flat())
    profile.learn(event, event.startedAt, userAgentOf(event.userAgent), () => prefixOf(event.clientIp), 1);
  return profile;
};
const term = (text: string): number => CallerProfile.term(text);

describe('CallerProfile', () => {
  it('takes up places and clients of answered requests only', () => {
    const profile = learned(
      server(1),
      calls(5, MONDAY + DAY_MS, 1000, { status: 403, clientIp: '203.0.113.9', ...CURL }),
    );
    expect([profile.prefixes.size, profile.agents.size]).toEqual([1, 1]);
    expect([profile.prefixes.has(term('198.51.100.0/24')), profile.agents.has(term('java'))]).toEqual([true, true]);
    expect([profile.requests, profile.successes, profile.days]).toEqual([53, 48, 2]);
  });

  it('knows browsers as one kind of client, and hours of the week', () => {
    const profile = learned(calls(3, MONDAY + 9 * HOUR_MS, 1000, FIREFOX));
    expect(profile.agents.has(term('browser'))).toBe(true);
    expect([profile.hours[9], hourOfWeek(MONDAY - HOUR_MS)]).toEqual([3, 167]);
  });

  it('has no stranger in its first two days, in which everything is new', () => {
    expect(learned(server(1), calls(9, MONDAY + DAY_MS, 1000, { clientIp: '203.0.113.9', ...CURL })).strangers).toBe(
      undefined,
    );
  });

  it('tells a stranger by place and client, counts it, and how often its caller came meanwhile', () => {
    const from = MONDAY + 6 * DAY_MS;
    const strange = { clientIp: '203.0.113.9', ...CURL };
    const profile = learned(server(6), calls(3, from, 1000, strange), calls(1, from + 5000, 1), calls(2, from + 9000, 1, strange)); // prettier-ignore
    expect(profile.strangers).toHaveLength(1);
    expect(profile.strangers?.[0]).toMatchObject({ ip: '203.0.113.9', requests: 5, others: 1, turns: 1 });
    expect(profile.strangers?.[0]?.novelty).toMatchObject({ by: 'prefix', origin: 0.5 / 7, client: 0.5 / 7 });
  });

  it('finds news likely where news were common, and hardly any in a neighbour of a usual address', () => {
    const roaming = Array.from({ length: 8 }, (_, day) => server(1, { clientIp: `198.51.${day}.10` }, MONDAY + day * DAY_MS)); // prettier-ignore
    const there = calls(5, MONDAY + 8 * DAY_MS, 1000, { clientIp: '203.0.113.9' });
    expect(learned(...roaming, there).strangers?.[0]?.novelty.origin ?? 1).toBeGreaterThan(0.5);
    const next = calls(5, MONDAY + 8 * DAY_MS, 1000, { clientIp: '198.51.7.10' });
    expect(learned(server(8), next).strangers?.[0]?.novelty.origin).toBe(0.5);
  });

  it('goes by the autonomous system where it is known: another prefix of it is no news', () => {
    const profile = learned(server(6, { asn: 64500 }), calls(5, MONDAY + 6 * DAY_MS, 1000, { asn: 64500, clientIp: '203.0.113.9' })); // prettier-ignore
    expect(profile.strangers).toBe(undefined);
  });

  it('does not learn habits from who was told of', () => {
    const profile = learned(server(6), calls(5, MONDAY + 6 * DAY_MS, 1000, { clientIp: '203.0.113.9', ...CURL }));
    const [stranger] = profile.strangers ?? [];
    if (stranger) profile.accuse(stranger);
    expect([profile.noveltyOf(profile.prefixes), profile.noveltyOf(profile.agents)]).toEqual([0.5 / 7, 0.5 / 7]);
  });

  it('forgets strangers after a day, and then takes them as its own', () => {
    const strange = { clientIp: '203.0.113.9', ...CURL };
    const from = MONDAY + 6 * DAY_MS;
    const profile = learned(server(6), calls(2, from, 1000, strange), server(2, strange, from + 1.1 * DAY_MS));
    expect(profile.strangers).toBe(undefined);
  });

  it('measures the silence before its latest stretch, and counts the long ones before', () => {
    const profile = learned(server(2), server(1, {}, MONDAY + 40 * DAY_MS), server(1, {}, MONDAY + 80 * DAY_MS));
    expect(Math.round(profile.gapMs / DAY_MS)).toBe(39);
    expect([profile.pauses, profile.activeSince, profile.requestsBefore]).toEqual([1, MONDAY + 80 * DAY_MS, 144]);
  });
});
