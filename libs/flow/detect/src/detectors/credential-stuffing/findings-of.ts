import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { CallerHistory } from '../../baseline/caller-history.ts';
import { DetectionEngine } from '../../engine/detection-engine.ts';
import { DetectSettings } from '../../settings.ts';

/** What the detectors of authentication find in these events, taken in the order of time; for specs. */
export const findingsOf = (events: readonly ApiEvent[]): Finding[] => {
  const settings = DetectSettings.parse({ detectors: { 'request-spike': { enabled: false } } });
  const engine = new DetectionEngine(settings, { load: async () => new CallerHistory(0, 0) });
  const findings: Finding[] = [];
  for (const event of [...events].sort((a, b) => a.startedAt - b.startedAt)) engine.observeNow(event, 0, findings);
  return findings;
};
