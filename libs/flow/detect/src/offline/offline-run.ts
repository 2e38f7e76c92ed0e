import { createHash } from 'node:crypto';
import type { Alert, Finding } from '@outrider/domain/detection/alert';
import type { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { EventStore } from '@outrider/ports/event-store';
import { AlertTracker } from '../alerts/alert-tracker.ts';
import { MemoryAlertStore } from '../alerts/memory-alert-store.ts';
import { quietTimes } from '../alerts/quiet-times.ts';
import { StoredBaselines } from '../baseline/baseline-source.ts';
import { NO_CONTROLS, type DetectionControls } from '../engine/controls.ts';
import { DetectionEngine } from '../engine/detection-engine.ts';
import type { DetectorDefinition } from '../engine/detector.ts';
import { windowTime } from '../engine/event-facts.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import { DetectSettings } from '../settings.ts';

/** Event time between two looks for alerts that are over; ms. */
const TICK_MS = 60_000;
/** Silence after which the rules hear of the time before they see the next event; ms. */
const GAP_MS = 1_000;

export interface OfflineRunOptions {
  readonly settings?: DetectSettings | undefined;
  readonly rules?: RuleSet | undefined;
  readonly documents?: DocumentIndex | undefined;
  readonly controls?: DetectionControls | undefined;
  /** Absent: all detectors. */
  readonly catalogue?: readonly DetectorDefinition[] | undefined;
  /** What was found before the events were put in order of time; told when its time comes. */
  readonly found?: readonly Finding[] | undefined;
}

/** The live detectors over events in order of event time, with nothing but them; alerts stay in memory. */
export class OfflineRun {
  readonly engine: DetectionEngine;
  readonly #alerts = new MemoryAlertStore();
  readonly #tracker: AlertTracker;
  readonly #controls: DetectionControls;
  /** The next to be told is the last. */
  readonly #found: Finding[];
  #seed = '';
  #nextTick = Number.NEGATIVE_INFINITY;
  #events = 0;

  constructor(store: Pick<EventStore, 'minuteCounts'>, options: OfflineRunOptions = {}) {
    const settings = options.settings ?? DetectSettings.parse({});
    const { rules, controls, catalogue, documents } = options;
    this.#controls = controls ?? NO_CONTROLS;
    this.#found = [...(options.found ?? [])].sort((a, b) => b.detectedAt - a.detectedAt);
    this.engine = new DetectionEngine(settings, new StoredBaselines(store, this.#alerts), {
      ...(rules && { rules }),
      ...(controls && { controls }),
      ...(catalogue && { catalogue }),
    });
    if (documents) this.engine.knowledge.documents = documents;
    this.#tracker = new AlertTracker({
      store: this.#alerts,
      clock: { now: () => Math.floor(this.engine.watermark) },
      publish: async () => undefined,
      newId: () => idOf(this.#seed),
      quietMs: quietTimes(settings),
      updateEveryMs: 0,
      onProblem: (error) => {
        throw error;
      },
    });
  }

  get events(): number {
    return this.#events;
  }

  /** Alerts so far, in the order in which they would have fired. */
  alerts(): readonly Alert[] {
    return this.#alerts.all();
  }

  async take(events: Iterable<ApiEvent>): Promise<void> {
    const { engine } = this;
    const findings: Finding[] = [];
    for (const event of events) {
      this.#events++;
      this.#pass(windowTime(event), findings);
      if (this.#found.length > 0) this.#tellFound(windowTime(event), findings);
      const due = engine.observeNow(event, 0, findings);
      if (due !== undefined) await engine.settle(due, event, findings);
      if (engine.watermark >= this.#nextTick) await this.#tick();
      if (findings.length > 0) await this.#tell(findings);
    }
  }

  /** The time until `at` has passed without an event: what rules wait for is decided before the next one, however few events there are. */
  #pass(at: number, findings: Finding[]): void {
    const { rules, watermark } = this.engine;
    if (at - watermark < GAP_MS || watermark === Number.NEGATIVE_INFINITY) return;
    const found: Finding[] = [];
    rules.tick(at, found);
    for (const finding of found) {
      const told = this.#controls.pass(finding, undefined);
      if (told) findings.push(told);
    }
  }

  #tellFound(until: number, findings: Finding[]): void {
    for (let next = this.#found.at(-1); next !== undefined && next.detectedAt <= until; next = this.#found.at(-1)) {
      this.#found.pop();
      const told = this.#controls.pass(next, undefined);
      if (told) findings.push(told);
    }
  }

  /** At full minutes of event time, so that it does not matter which events there were in them. */
  async #tick(): Promise<void> {
    const minute = Math.floor(this.engine.watermark / TICK_MS) * TICK_MS;
    this.#nextTick = minute + TICK_MS;
    await this.#tracker.tick(() => minute);
  }

  /** What the end of the events completes. */
  async end(): Promise<void> {
    const findings: Finding[] = [];
    if (this.#events > 0) this.engine.tick(this.engine.watermark, findings);
    this.engine.finish(findings);
    this.#tellFound(Infinity, findings);
    await this.#tell(findings);
    await this.#tracker.flush();
  }

  async #tell(findings: Finding[]): Promise<void> {
    for (const finding of findings) {
      this.#seed = `${finding.tenant}|${finding.type}|${finding.entity.kind}|${finding.entity.id}|${finding.detectedAt}`;
      await this.#tracker.take(finding);
    }
    findings.length = 0;
  }
}

/** A UUID (version 8) from text: two runs over one file give the same ids. */
const idOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
