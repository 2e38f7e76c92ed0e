import { beforeEach, describe, expect, it } from '@jest/globals';
import { completeRow, encodeEvent } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { DetectionEngine } from '../../engine/detection-engine.ts';
import { StoredBaselines } from '../../baseline/baseline-source.ts';
import { DetectSettings, settingsOf } from '../../settings.ts';
import { errorSpike } from './error-spike.definition.ts';
import { ServiceOutages } from './service-outages.ts';

const NOW = Date.UTC(2026, 0, 5, 12, 30, 0);
const MINUTE_MS = 60_000;
const settings = DetectSettings.parse({ detectors: { 'error-spike': { reportHealth: true } } });

let store: FakeEventStore;
beforeEach(() => {
  store = new FakeEventStore();
});

/** Half an hour in which `callers` call once in five seconds each; from `since` on a call fails by `fails`. */
const traffic = (callers: number, since: number, fails: (caller: number, n: number) => boolean): ApiEvent[] => {
  const events: ApiEvent[] = [];
  for (let at = NOW - 30 * MINUTE_MS, n = 0; at < NOW; at += 5_000, n++)
    for (let caller = 0; caller < callers; caller++) {
      const id = `00000000-0000-4000-8000-${String(caller).padStart(12, '0')}`;
      const status = at >= since && fails(caller, n) ? 503 : 200;
      const who = { consumerId: id, consumerName: `caller-${caller}`, credentialId: id };
      events.push(anApiEvent({ ...who, startedAt: at + caller, receivedAt: at + caller + 20, status }));
    }
  return events;
};
/** As several analyzers store it: each its partitions. */
const stored = (events: readonly ApiEvent[]): Promise<void> =>
  store.insertEvents({ rows: events.map((event, i) => completeRow(encodeEvent(event), i, false)), token: 'all' });
const base = settingsOf(settings, errorSpike);
const outages = () => new ServiceOutages(store, { base, of: () => base });

const CASES: readonly [string, number, (caller: number, n: number) => boolean, boolean][] = [
  ['everybody gets errors', 12, () => true, true],
  ['half of all calls fail', 12, (_caller, n) => n % 2 === 0, true],
  ['one busy caller gets errors, others one now and then', 12, (caller, n) => caller === 0 || n % 40 === caller, false],
  ['a few per cent fail', 12, (_caller, n) => n % 30 === 0, false],
  ['only four callers, and all fail', 4, () => true, false],
];

describe('an outage of a service', () => {
  it.each(CASES)(
    '%s: seen over all processes as it is seen by one that has all events',
    async (_what, callers, fails, out) => {
      const events = traffic(callers, NOW - 3 * MINUTE_MS, fails);
      await stored(events);
      const found = await outages().round(NOW);
      expect(found.map(({ type, entity }) => [type, entity.kind])).toEqual(out ? [['error-spike', 'service']] : []);
      const engine = new DetectionEngine(settings, new StoredBaselines(store, { list: async () => [] }));
      const inOneProcess: string[] = [];
      for (const event of events) {
        const findings: (typeof found)[number][] = [];
        await engine.observe(event, 0, findings);
        for (const { entity } of findings) if (entity.kind === 'service') inOneProcess.push(entity.kind);
      }
      expect(inOneProcess.length > 0).toBe(out);
    },
  );

  it('is seen within seconds of a minute that has just begun, and shows whom and what it hit', async () => {
    await stored(traffic(40, NOW - 40_000, () => true));
    const [finding] = await outages().round(NOW);
    expect(finding).toMatchObject({
      severity: 'info',
      detectorVersion: '2',
      observed: { metric: 'server error ratio' },
    });
    expect(finding?.samples).toHaveLength(10);
    expect(finding?.contributors.length).toBeGreaterThanOrEqual(5);
    expect(finding?.detectedAt).toBeLessThanOrEqual(NOW);
  });

  it('is reported again only while it goes on, and by a new leader from the store alone', async () => {
    await stored(traffic(12, NOW - 3 * MINUTE_MS, () => true));
    const leader = outages();
    expect(await leader.round(NOW)).toHaveLength(1);
    expect(await leader.round(NOW + 5_000)).toEqual([]);
    expect(await leader.round(NOW + 60_000)).toEqual([]);
    expect(await outages().round(NOW + 60_000)).toHaveLength(1);
  });

  it('tells the time that the store has come to, and the wall clock’s only after a silence', async () => {
    await stored(traffic(5, NOW, () => false));
    const leader = outages();
    await leader.round(NOW + 3_600_000);
    expect(leader.eventTime(NOW + 3_600_000)).toBe(NOW);
    expect(leader.eventTime(NOW + 3_600_000 + 61_000)).toBe(NOW + 3_600_000 + 1_000);
  });
});
