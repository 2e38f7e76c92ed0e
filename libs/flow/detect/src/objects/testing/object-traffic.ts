import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { CallerHistory } from '../../baseline/caller-history.ts';
import type { CallerRef } from '../../engine/caller-key.ts';
import type { DetectorDefinition } from '../../engine/detector.ts';
import { DetectionEngine } from '../../engine/detection-engine.ts';
import { DetectSettings } from '../../settings.ts';

export const START = Date.UTC(2026, 0, 5, 12, 0, 0);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What one detector finds in these events, alone or `beside` others, taken in the order of their time. */
export const findingsOf = (
  definition: DetectorDefinition,
  events: readonly ApiEvent[],
  beside: readonly DetectorDefinition[] = [],
): Finding[] => {
  const engine = new DetectionEngine(DetectSettings.parse({}), NO_PAST, { catalogue: [...beside, definition] });
  const findings: Finding[] = [];
  for (const event of [...events].sort((a, b) => a.startedAt - b.startedAt)) engine.observeNow(event, 0, findings);
  return findings.filter(({ type }) => type === definition.type);
};

const NO_PAST = { load: async (_caller: CallerRef, block: number) => new CallerHistory(block, block) };

export const at = (startedAt: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({ startedAt, receivedAt: startedAt + 20, ...overrides });

export const anonymousAt = (startedAt: number, overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anAnonymousEvent({ startedAt, receivedAt: startedAt + 20, ...overrides });

/** `n` reads of `/orders/{id}`, `everyMs` apart, of the ids that `id` gives. */
export const reads = (
  n: number,
  from: number,
  everyMs: number,
  id: (i: number) => number | string,
  overrides: Partial<ApiEvent> = {},
): ApiEvent[] =>
  // prettier-ignore
  Array.from({ length: n }, (_, i) => at(from + i * everyMs, { path: `/orders/${id(i)}`, ...overrides }));

export const consumer = (n: number): Pick<ApiEvent, 'consumerId' | 'consumerName' | 'credentialId'> => ({
  consumerId: `consumer-${n}`,
  consumerName: `consumer-${n}`,
  credentialId: `credential-${n}`,
});

/** A caller's ordinary days: every two hours the same few objects of its own. */
export const habit = (days: number, until: number, overrides: Partial<ApiEvent> = {}): ApiEvent[] =>
  Array.from({ length: days * 12 }, (_, i) => reads(5, until - days * DAY + i * 2 * HOUR, 3_000, (k) => 1_000_000 + k * 17, overrides)).flat(); // prettier-ignore
