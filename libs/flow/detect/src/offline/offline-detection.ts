import type { Alert } from '@outrider/domain/detection/alert';
import type { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { EventStore } from '@outrider/ports/event-store';
import { OfflineRun, type OfflineRunOptions } from './offline-run.ts';

export interface OfflineOptions extends OfflineRunOptions {
  /** Learned path templates; absent: the typed ones that the events have. */
  readonly templates?: LearnedTemplates;
  /** Called about every `chunk` of events. */
  readonly onProgress?: (progress: {
    readonly events: number;
    readonly eventTime: number;
    readonly alerts: number;
  }) => void;
}

export interface OfflineResult {
  /** In the order they would have fired. */
  readonly alerts: readonly Alert[];
  readonly events: number;
  /** Events older than the windows reach; stored, not observed. */
  readonly late: number;
}

/**
 * The live detectors over events that are stored already, in event-time order and in event time only. Baselines read nothing of or
 * after the window they are for. Ids of alerts are made from their content, so that two runs over one file print the same.
 */
export class OfflineDetection {
  constructor(
    private readonly store: Pick<EventStore, 'minuteCounts'>,
    private readonly options: OfflineOptions = {},
  ) {}

  async run(events: AsyncIterable<readonly ApiEvent[]>): Promise<OfflineResult> {
    const { templates, onProgress } = this.options;
    const run = new OfflineRun(this.store, this.options);
    for await (const chunk of events) {
      await run.take(templates === undefined ? chunk : chunk.map((event) => templates.applied(event)));
      onProgress?.({ events: run.events, eventTime: run.engine.watermark, alerts: run.alerts().length });
    }
    await run.end();
    return { alerts: run.alerts(), events: run.events, late: run.engine.counts.late };
  }
}
