import { StoredBaselines } from '@outrider/detect/baseline/baseline-source';
import { CATALOGUE } from '@outrider/detect/detectors/catalogue';
import { DetectionEngine } from '@outrider/detect/engine/detection-engine';
import type { DetectorDefinition } from '@outrider/detect/engine/detector';
import { DetectSettings } from '@outrider/detect/settings';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { FakeEventStore } from '@outrider/testing/fakes/event-store.fake';
import { exampleEstate } from '@outrider/testing/traffic/example-estate';

export interface DetectorCosts {
  readonly events: number;
  /** ns of CPU an event: of the engine without detectors, and with all. */
  readonly base: number;
  readonly all: number;
  /** Of each detector alone, above `base`; dearest first. What several share is in the cost of each. */
  readonly detectors: readonly { readonly type: string; readonly ns: number }[];
}

/** Runs the same hour of traffic through the engine with each detector by itself; the rounds take turns, the best of each counts. */
export const detectorCosts = async (rounds: number): Promise<DetectorCosts> => {
  const from = Date.UTC(2026, 0, 5, 8);
  const { estate } = exampleEstate({ seed: 3, from, durationMs: 3_600_000, consumers: 60, scale: 2 });
  const events = [...estate.chunks()].flat();
  const cases = new Map<string, () => Promise<number>>([
    ['', () => run(events, [])],
    ['*', () => run(events, CATALOGUE)],
    ...CATALOGUE.map((one): [string, () => Promise<number>] => [one.type, () => run(events, [one])]),
  ]);
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of cases)
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, await measure()));
  const base = best.get('') ?? 0;
  const detectors = CATALOGUE.map(({ type }) => ({ type, ns: Math.max(0, (best.get(type) ?? 0) - base) }));
  return { events: events.length, base, all: best.get('*') ?? 0, detectors: detectors.sort((a, b) => b.ns - a.ns) };
};

const run = async (events: readonly ApiEvent[], catalogue: readonly DetectorDefinition[]): Promise<number> => {
  const baselines = new StoredBaselines(new FakeEventStore(), { list: async () => [] });
  const engine = new DetectionEngine(DetectSettings.parse({}), baselines, { catalogue });
  const findings: Finding[] = [];
  const began = process.cpuUsage();
  for (const event of events) {
    const due = engine.observeNow(event, 0, findings);
    if (due !== undefined) await engine.settle(due, event, findings);
  }
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1_000) / events.length;
};
