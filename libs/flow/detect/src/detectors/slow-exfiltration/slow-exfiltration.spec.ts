import { describe, expect, it } from '@jest/globals';
import { consumer, DAY, findingsOf, reads, START } from '../../objects/testing/object-traffic.ts';
import { SLOW_EXFILTRATION } from './slow-exfiltration.definition.ts';
import { driftOf } from './slow-exfiltration.detector.ts';
import { SlowExfiltrationSettings } from './slow-exfiltration.settings.ts';

const settings = SlowExfiltrationSettings.parse({});
/** 24 days; from day 14 on each day is `growth` times the one before. */
const days = (who: number, growth: number) =>
  Array.from(
    { length: 24 },
    (_, day) =>
    reads(20, START + day * DAY, 60_000, (i) => i, { ...consumer(who), responseBytes: 60_000 * (1 + 0.1 * (day % 3)) * growth ** Math.max(0, day - 13) }), // prettier-ignore
  ).flat();
const found = (...events: Parameters<typeof findingsOf>[1][]) => findingsOf(SLOW_EXFILTRATION, events.flat());

describe('slow-exfiltration', () => {
  it('tells a consumer that takes a quarter more each day for ten days', () => {
    expect(found(...[1, 2, 3, 4].map((who) => days(who, 1)), days(5, 1.25))[0]?.entity.id).toBe('consumer-5');
  });

  it('is silent on even days, and when the whole group grows', () => {
    expect(found(days(1, 1), days(2, 1))).toEqual([]);
    expect(found(...[1, 2, 3, 4, 5].map((who) => days(who, 1.25)))).toEqual([]);
  });

  it('is silent on one large day: a full export at the end of a month', () => {
    const monthEnd = Array.from({ length: 24 }, (_, day) =>
      reads(20, START + day * DAY, 60_000, (i) => i, {
        ...consumer(1),
        responseBytes: 60_000 * (1 + 0.1 * (day % 3)) * (day === 20 ? 60 : 1),
      }),
    ).flat();
    expect(found(...[2, 3, 4].map((who) => days(who, 1)), monthEnd)).toEqual([]);
  });

  it('is silent on a device that synchronises for two days, of who is known for a week', () => {
    const synced = Array.from({ length: 12 }, (_, day) =>
      reads(day === 9 || day === 10 ? 150 : 10, START + day * DAY, 60_000, (i) => i, {
        ...consumer(1),
        responseBytes: day === 9 || day === 10 ? 200_000 : 10_000,
      }),
    ).flat();
    expect(found(...[2, 3, 4].map((who) => days(who, 1)), synced)).toEqual([]);
  });

  it('tells on the third day of a key that suddenly takes hundreds of times its day, after little more than a week', () => {
    const taken = Array.from({ length: 12 }, (_, day) =>
      reads(day < 9 ? 10 : 150, START + day * DAY, 60_000, (i) => i, {
        ...consumer(1),
        responseBytes: day < 9 ? 10_000 : 200_000,
      }),
    ).flat();
    const [first] = found(...[2, 3, 4].map((who) => days(who, 1)), taken);
    expect(first?.entity.id).toBe('consumer-1');
    expect(first?.detectedAt).toBeLessThan(START + 12 * DAY);
  });

  it('says nothing of a short history', () => {
    expect(driftOf([1, 2, 4, 8, 16, 32], settings)).toBeUndefined();
    expect(driftOf([...Array.from({ length: 12 }, () => 100), 300, 900, 2_700], settings)?.growth).toBeGreaterThan(3);
  });
});
