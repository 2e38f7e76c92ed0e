import type { AlertType, Finding, Severity } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { Evidence } from '../windows/evidence.ts';
import { eventsQuery } from './query-text.ts';

/** A finding that goes on is reported again after this much event time. */
export const REPORT_EVERY_MS = 10_000;

export type Draft = Finding;

export interface FindingParts {
  readonly event: ApiEvent;
  readonly entity: Entity;
  readonly type: AlertType;
  readonly version: string;
  readonly severity: Severity;
  readonly confidence: number;
  /** Event time of the completing event, and the beginning of the window; ms. */
  readonly at: number;
  readonly from: number;
  readonly observed: Finding['observed'];
  readonly expected: Finding['expected'];
  readonly explanation: string;
  readonly evidence: Evidence | undefined;
  /** Further SQL condition of the query; no values from traffic. */
  readonly only?: string;
}

const NOTHING = { samples: [], contributors: [], scope: { services: [], routes: [], endpoints: [], tags: [] } };

export const findingOf = (parts: FindingParts): Finding => {
  const window = { from: Math.floor(parts.from), to: Math.ceil(parts.at) };
  return {
    tenant: parts.event.tenant,
    gateway: parts.event.gateway,
    type: parts.type,
    detectorVersion: parts.version,
    entity: { ...parts.entity, id: parts.entity.id.slice(0, 512), name: parts.entity.name.slice(0, 512) },
    severity: parts.severity,
    confidence: Math.round(parts.confidence * 1000) / 1000,
    detectedAt: Math.floor(parts.at),
    window,
    observed: parts.observed,
    expected: parts.expected,
    explanation: parts.explanation,
    simulated: false,
    query: eventsQuery(parts.event.tenant, parts.entity, window, parts.only),
    ...(parts.evidence?.shown(parts.entity) ?? NOTHING),
  };
};
