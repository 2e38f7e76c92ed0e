import type { Finding } from '@outrider/domain/detection/alert';
import type { EventStore } from '@outrider/ports/event-store';
import { callerKeyOf } from '../../engine/caller-key.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import { kindOf } from './error-spike.watcher.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';
import type { ErrorKind } from './service-outage.ts';

/** What a finding on a caller rests on: that the service's other callers, as far as this process sees them, do not fail. */
export interface Blame {
  readonly caller: string;
  /** Id of the service, or its name where it has none. */
  readonly service: string;
  readonly kind: ErrorKind;
  /** Event time of the caller's first error in the window; ms. */
  readonly onset: number;
  /** By which it was judged. */
  readonly settings: Pick<ErrorSpikeSettings, 'healthOthersRequests' | 'healthOthersShare'>;
}

const SAMPLE = 1_000;
/** Neighbours are looked at since the errors began, and over these last minutes. */
const SPANS_MINUTES = [1, 2, 3, 5] as const;

/**
 * Asks the event store, which sees all callers of a service, whether others fail as well: a process that watches a part of the partitions may
 * have nobody to compare a caller with.
 */
export const failsForOthers = async (
  store: Pick<EventStore, 'search'>,
  finding: Finding,
  blame: Blame,
): Promise<boolean> => {
  const to = finding.window.to + MINUTE_MS;
  const events = await store.search({
    tenant: finding.tenant,
    service: blame.service,
    range: { from: Math.min(blame.onset, to - MINUTE_MS), to },
    limit: SAMPLE,
    order: 'newest',
  });
  const others = events.filter((event) => callerKeyOf(event) !== blame.caller);
  return [blame.onset, ...SPANS_MINUTES.map((minutes) => finding.detectedAt - minutes * MINUTE_MS)].some((since) => {
    const within = others.filter(({ startedAt }) => startedAt >= since);
    const errors = within.filter((event) => kindOf(event) === blame.kind).length;
    const { healthOthersRequests, healthOthersShare } = blame.settings;
    return within.length >= healthOthersRequests && errors >= healthOthersShare * within.length;
  });
};
