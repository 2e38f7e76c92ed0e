import type { Alert } from '@outrider/domain/detection/alert';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import type { ReplayFilter } from '@outrider/ports/event-store';
import { LiveControls } from '../controls/live-controls.ts';
import type { OfflineRunOptions } from '../offline/offline-run.ts';
import type { DetectSettings } from '../settings.ts';

/** A change of what detects, made ready: two ways to look at the same events. */
export interface PlannedRun {
  /** Undefined: nothing detects. */
  readonly before: OfflineRunOptions | undefined;
  readonly after: OfflineRunOptions;
  /** The events that matter to it. */
  readonly events: Pick<ReplayFilter, 'where' | 'crowd'>;
  /** Of the alerts those that the change is about. */
  readonly concerns: (alert: Alert) => boolean;
  readonly defaultMaxEvents: number;
  /** What to bear in mind; `sampled`: when only a part of the callers is looked at. */
  readonly notes: readonly string[];
  readonly sampledNotes: readonly string[];
}

/** What is in force: settings of the process, and what people of the tenant decided. */
export interface InForce {
  readonly settings: DetectSettings;
  readonly controls: AllControls;
}

export const NOTHING_DECIDED: AllControls = { overrides: [], exceptions: [] };
export const controlsOf = (controls: AllControls): LiveControls => {
  const live = new LiveControls();
  live.refresh(controls);
  return live;
};
