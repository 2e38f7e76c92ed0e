import type { Finding } from '@outrider/domain/detection/alert';
import type { EventStore } from '@outrider/ports/event-store';
import { failsForOthers } from '../detectors/error-spike/shared-blame.ts';
import type { DetectionEngine } from '../engine/detection-engine.ts';
import type { AlertTracker } from './alert-tracker.ts';

export interface FindingCheckDeps {
  readonly store: Pick<EventStore, 'search'>;
  readonly engine: Pick<DetectionEngine, 'blameOf'>;
  readonly tracker: Pick<AlertTracker, 'take'>;
  /** This process watches all partitions: nobody knows more than it does. */
  readonly seesAll: () => boolean;
  readonly onShared: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** The way of a finding to the tracker: what rests on a part of the callers is held against all of them first. */
export class FindingCheck {
  constructor(private readonly deps: FindingCheckDeps) {}

  async tell(finding: Finding, lane: number, again = false): Promise<void> {
    if (await this.#isShared(finding)) this.deps.onShared();
    else await this.deps.tracker.take(finding, lane, again);
  }

  async #isShared(finding: Finding): Promise<boolean> {
    const blame = this.deps.engine.blameOf(finding);
    if (!blame || this.deps.seesAll()) return false;
    try {
      return await failsForOthers(this.deps.store, finding, blame);
    } catch (error) {
      // Rather one alert too many than one too few.
      this.deps.onProblem(error);
      return false;
    }
  }
}
