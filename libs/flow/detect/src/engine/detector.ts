import type { BuiltinAlertType, Severity } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import * as z from 'zod';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Watcher } from './watcher.ts';

/**
 * `caller`: needs the events of one caller only, and follows its partition. `estate`: compares or adds up callers, and is right only where
 * all events are seen.
 */
export type DetectorScope = 'caller' | 'estate';

/** What every detector can be set to; further settings are its own. */
export const detectorSettings = <Shape extends z.core.$ZodShape>(shape: Shape, quietMinutes = 15) =>
  z.strictObject({
    enabled: z.boolean().default(true),
    /** Quiet time after which the alert is over; minutes of event time. */
    quietMinutes: z.number().min(1).max(10_080).default(quietMinutes),
    ...shape,
  });

export interface DetectorSettings {
  readonly enabled: boolean;
  readonly quietMinutes: number;
}

/** Settings as they are for one event: tenant, service and route may have their own. */
export interface Tuned<S> {
  readonly base: S;
  of(event: ApiEvent): S;
}

/** The detector's page in docs/detections and its answer to `outrider detectors show`. Markdown without headings. */
export interface DetectorPage {
  readonly title: string;
  /** One sentence: what an alert of it says. */
  readonly summary: string;
  /** What is counted, against what, from which history. */
  readonly method: string;
  /** `API2:2023`, … */
  readonly owasp: readonly string[];
  /** ATT&CK techniques, `T1110.001`. */
  readonly attack: readonly string[];
  /** Severities that it gives, and when. */
  readonly severity: Partial<Readonly<Record<Severity, string>>>;
  readonly falsePositives: readonly string[];
  /** What to do about a false alarm. */
  readonly tuning: readonly string[];
  /** Attacks of tools/corpus that it is shown by, and benign happenings that it must be silent on. */
  readonly scenarios: { readonly positive: readonly string[]; readonly negative: readonly string[] };
}

export interface DetectorDeps<S> {
  readonly settings: Tuned<S>;
  /** Callers that a watcher may keep state for. */
  readonly maxCallers: number;
  readonly knowledge: Knowledge;
}

export interface DetectorDefinition {
  readonly type: BuiltinAlertType;
  /** Changes when the meaning of a finding does. */
  readonly version: string;
  readonly scope: DetectorScope;
  /** Its findings explain the caller's refused requests: other detectors need not. */
  readonly explainsRefusals: boolean;
  /**
   * It goes by what it saw the caller do itself, and is worth nothing on an old caller that it has not watched for so long: after a restart
   * whose replay did not reach back, it is silent on those who were there before.
   */
  readonly learnsHours: number | undefined;
  readonly page: DetectorPage;
  readonly settings: z.ZodType<DetectorSettings>;
  /** Absent where the engine itself makes the watcher. */
  readonly make: ((deps: DetectorDeps<never>) => Watcher) | undefined;
}

/** Keeps the detector's own type of settings together with what uses them. */
export const defineDetector = <S extends DetectorSettings>(parts: {
  readonly type: BuiltinAlertType;
  readonly version: string;
  readonly scope: DetectorScope;
  readonly explainsRefusals?: boolean;
  readonly learnsHours?: number;
  readonly page: DetectorPage;
  readonly settings: z.ZodType<S>;
  readonly make?: (deps: DetectorDeps<S>) => Watcher;
}): DetectorDefinition => ({
  ...parts,
  explainsRefusals: parts.explainsRefusals ?? false,
  learnsHours: parts.learnsHours,
  // the engine gives `make` nothing but what `settings` parsed
  make: parts.make as DetectorDefinition['make'],
});
