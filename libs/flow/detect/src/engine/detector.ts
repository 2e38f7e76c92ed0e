import type { BuiltinAlertType, Severity } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import * as z from 'zod';
import type { BaselineSource } from '../baseline/baseline-source.ts';
import type { TeachingTimes } from '../baseline/teaching-time.ts';
import type { Blame } from '../detectors/error-spike/shared-blame.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import type { CallerWindows } from './caller-windows.ts';
import type { ExplainedTraffic } from './explained-traffic.ts';
import type { Draft } from './finding-draft.ts';
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

/** Where settings are asked for; an event is one. */
export type TunedPlace = Pick<ApiEvent, 'tenant' | 'serviceId' | 'serviceName' | 'routeId' | 'routeName'>;

/** Settings as they are for one event: tenant, service and route may have their own. */
export interface Tuned<S> {
  readonly base: S;
  of(event: TunedPlace): S;
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
  /**
   * What it is shown by, and what it must be silent on: attacks and benign happenings of tools/corpus; of a detector that no log line
   * shows (`lab: gateway`), changes that its spec makes to a gateway (gateway-watch/testing/gateway-scenarios).
   */
  readonly scenarios: {
    readonly lab?: 'gateway';
    readonly positive: readonly string[];
    readonly negative: readonly string[];
  };
}

export interface DetectorDeps<S> {
  readonly settings: Tuned<S>;
  /** Callers that a watcher may keep state for. */
  readonly maxCallers: number;
  readonly knowledge: Knowledge;
  /** Short windows of all callers, as the engine counts them. */
  readonly windows: CallerWindows;
  /** What of a caller's traffic is no news: refusals that other findings explain, server errors. */
  readonly explained: ExplainedTraffic;
  /** Where a caller's past is read, and of how many callers at most it is kept. */
  readonly baselines: BaselineSource;
  readonly maxBaselines: number;
  /** What people said about baselines: resets, and time that must not teach. */
  readonly teaching: TeachingTimes;
  /** False: this process sees a part of a service's callers, and somebody who sees all tells what is wrong with it. */
  readonly reportsServices: boolean;
  /** Settings of another detector, for who goes by the same words. */
  tuned<T extends DetectorSettings>(other: TypedDefinition<T>): Tuned<T>;
  /** The finding says that others are not affected: before it is told it is held against callers that other processes watch. */
  blame(finding: Draft, blame: Blame): void;
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
  /** Absent where no event shows what it is about. */
  readonly make: ((deps: DetectorDeps<never>) => Watcher) | undefined;
}

/** A definition that still knows the type of its settings. */
export interface TypedDefinition<S extends DetectorSettings> extends DetectorDefinition {
  readonly settings: z.ZodType<S>;
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
}): TypedDefinition<S> => ({
  ...parts,
  explainsRefusals: parts.explainsRefusals ?? false,
  learnsHours: parts.learnsHours,
  // the engine gives `make` nothing but what `settings` parsed
  make: parts.make as DetectorDefinition['make'],
});
