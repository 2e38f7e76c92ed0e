import { createHash } from 'node:crypto';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import type { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import type { EventStore } from '@outrider/ports/event-store';
import { AlertTracker } from '../alerts/alert-tracker.ts';
import { MemoryAlertStore } from '../alerts/memory-alert-store.ts';
import { quietTimes } from '../alerts/quiet-times.ts';
import { StoredBaselines } from '../baseline/baseline-source.ts';
import type { DetectionControls } from '../engine/controls.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { DetectSettings } from '../settings.ts';

const TICK_MS = 60_000;

export interface OfflineOptions {
  readonly settings?: DetectSettings;
  readonly rules?: RuleSet;
  readonly documents?: DocumentIndex;
  readonly controls?: DetectionControls;
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
    const settings = this.options.settings ?? DetectSettings.parse({});
    const alerts = new MemoryAlertStore();
    const { rules, documents, controls, templates } = this.options;
    const engine = new DetectionEngine(settings, new StoredBaselines(this.store, alerts), {
      ...(rules && { rules }),
      ...(controls && { controls }),
    });
    if (documents) engine.knowledge.documents = documents;
    let seed = '';
    const tracker = new AlertTracker({
      store: alerts,
      clock: { now: () => Math.floor(engine.watermark) },
      publish: async () => undefined,
      newId: () => idOf(seed),
      quietMs: quietTimes(settings),
      updateEveryMs: 0,
      onProblem: (error) => {
        throw error;
      },
    });
    const take = async (finding: Finding): Promise<void> => {
      seed = `${finding.tenant}|${finding.type}|${finding.entity.kind}|${finding.entity.id}|${finding.detectedAt}`;
      await tracker.take(finding);
    };
    let nextTick = Number.NEGATIVE_INFINITY;
    let total = 0;
    for await (const chunk of events) {
      const findings: Finding[] = [];
      for (const stored of chunk) {
        const event = templates === undefined ? stored : templates.applied(stored);
        const due = engine.observeNow(event, 0, findings);
        if (due !== undefined) await engine.settle(due, event, findings);
        for (const finding of findings) await take(finding);
        findings.length = 0;
        if (engine.watermark < nextTick) continue;
        nextTick = engine.watermark + TICK_MS;
        await tracker.tick(() => engine.watermark);
      }
      total += chunk.length;
      this.options.onProgress?.({ events: total, eventTime: engine.watermark, alerts: alerts.all().length });
    }
    const last: Finding[] = [];
    if (total > 0) engine.tick(engine.watermark, last);
    for (const finding of last) await take(finding);
    await tracker.flush();
    return { alerts: alerts.all(), events: total, late: engine.counts.late };
  }
}

/** A UUID (version 8) from text. */
const idOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
