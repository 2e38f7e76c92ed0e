import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { DetectorDefinition } from '../engine/detector.ts';
import { DetectSettings } from '../settings.ts';

/** Never asked: no spikes are looked for here. */
const NO_BASELINES = {} as BaselineSource;

/** An engine with these detectors alone. */
export const engineOf = (...definitions: readonly DetectorDefinition[]): DetectionEngine =>
  new DetectionEngine(DetectSettings.parse({}), NO_BASELINES, { catalogue: definitions });

/** What the engine finds in these events, in order of their time. */
export const findingsIn = (engine: DetectionEngine, events: readonly ApiEvent[]): Finding[] => {
  const findings: Finding[] = [];
  for (const event of [...events].sort((a, b) => a.startedAt - b.startedAt)) engine.observeNow(event, 0, findings);
  return findings;
};
