import type { BuiltinAlertType } from '@outrider/domain/detection/alert';
import type { AllControls, SettingsChange } from '@outrider/domain/detection/detection-control';
import type { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import type { EventExplanation } from '@outrider/domain/detection/explanation';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/** What is wrong with a setting: `path` names it. */
export interface SettingProblem {
  readonly path: string;
  readonly message: string;
}

/** The detectors as they are built in: the detect stage knows them, the API shows them. */
export abstract class DetectorGuide {
  abstract list(): readonly DetectorFacts[];
  /** What is wrong with changed settings; nothing when they may be kept. */
  abstract problems(type: BuiltinAlertType, settings: SettingsChange): readonly SettingProblem[];
  /** Settings in force: the process's own with `changes` over them, the later ones first in weight. */
  abstract inForce(type: BuiltinAlertType, changes: readonly SettingsChange[]): Readonly<Record<string, unknown>>;
}

/** Replays what came before an event and tells what each detector makes of it. */
export abstract class EventExplainer {
  /** `before`: the same caller's events in order of time. Bounded by who asks; TransientError when too many are explained already. */
  abstract explain(question: {
    readonly event: ApiEvent;
    readonly before: readonly ApiEvent[];
    readonly truncated: boolean;
    readonly controls: AllControls;
  }): Promise<EventExplanation>;
}
