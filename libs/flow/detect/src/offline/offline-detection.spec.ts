import { describe, expect, it } from '@jest/globals';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { keyGuessing, loop } from '@outrider/testing/traffic/attacks';
import { exampleEstate } from '@outrider/testing/traffic/example-estate';
import { backtest } from '../testing/backtest.ts';
import { OfflineDetection } from './offline-detection.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 0, 5, 8, 37, 0);

describe('offline detection', () => {
  it.each([1, 2])(
    'half an hour, seed %d: finds the loop, the guesses and the scan, and accuses nobody else',
    async (seed) => {
      const result = await backtest({
        seed,
        from: FROM,
        durationMs: HOUR_MS / 2,
        consumers: 30,
        scale: 1,
        strengths: [50],
      });
      expect(result.found.filter(({ delayMs }) => delayMs === undefined)).toEqual([]);
      expect(
        result.falseAlarms.map(({ type, entity, explanation }) => ({ type, entity: entity.name, explanation })),
      ).toEqual([]);
    },
  );

  it('three hours: finds a loop among all the rest', async () => {
    const result = await backtest({
      seed: 3,
      from: FROM,
      durationMs: 3 * HOUR_MS,
      consumers: 12,
      scale: 0.5,
      strengths: [50],
    });
    expect(
      result.falseAlarms.map(({ type, entity, explanation }) => ({ type, entity: entity.name, explanation })),
    ).toEqual([]);
    expect(result.found.filter(({ delayMs }) => delayMs === undefined).map(({ plan }) => plan.name)).toEqual([]);
  });

  it('gives the same alerts however the events are cut into batches', async () => {
    const { estate } = exampleEstate(
      { seed: 5, from: FROM, durationMs: HOUR_MS / 2, consumers: 12, scale: 0.5 },
      (base) => {
        const style = base.styles[0]?.style;
        if (!style) throw new Error('no consumer');
        const guesser = { name: 'guesser', consumer: false, ips: ['192.0.2.15'], services: ['orders'] };
        return [
          loop(style, FROM + 20 * MINUTE_MS, 3 * MINUTE_MS, 3000),
          keyGuessing(guesser, FROM + 10 * MINUTE_MS, MINUTE_MS, 25),
        ];
      },
    );
    const events = [...estate.chunks()].flat();
    const run = async (size: number) => {
      const store = new FakeEventStore();
      for (const event of events) store.count(event);
      async function* cut(): AsyncGenerator<readonly ApiEvent[]> {
        for (let i = 0; i < events.length; i += size) yield events.slice(i, i + size);
      }
      return (await new OfflineDetection(store).run(cut())).alerts.map((a) => ({
        type: a.type,
        name: a.entity.name,
        at: a.detectedAt,
        findings: a.findings,
        observed: a.observed,
      }));
    };
    const whole = await run(events.length);
    expect(whole.length).toBeGreaterThanOrEqual(2);
    expect(await run(997)).toEqual(whole);
    expect(await run(10)).toEqual(whole);
  });
});
