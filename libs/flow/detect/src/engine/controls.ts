import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDefinition, DetectorSettings, Tuned } from './detector.ts';

/** What people decided about detectors: tuned, tried out or off for a tenant, service or route, and exceptions. */
export interface DetectionControls {
  /** A detector's settings event by event; `base` where nobody decided otherwise. */
  tuned<S extends DetectorSettings>(definition: DetectorDefinition, base: S): Tuned<S>;
  /**
   * The finding as it is to be told: as it is, simulated, or undefined when it is off or excepted. Without `event`, the one that completed
   * it, it goes by the finding alone.
   */
  pass(finding: Finding, event?: ApiEvent): Finding | undefined;
}

export const NO_CONTROLS: DetectionControls = {
  tuned: (_definition, base) => ({ base, of: () => base }),
  pass: (finding) => finding,
};
