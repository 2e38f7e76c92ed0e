import type { WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { Draft } from './finding-draft.ts';

/** The caller of the event at hand, with what its short window knows. Valid during the call only. */
export interface Caller {
  readonly key: string;
  /** The lane (partition of the bus) that its events come by. */
  readonly lane: number;
  readonly entity: Entity;
  /** Learning or not: by the time the caller has been watched. */
  readonly warmUp: WarmUp;
  /** Its requests in the buckets `from` … `to`, inclusive. */
  requests(from: number, to: number): number;
}

/** The part of a detector that keeps state between events. Synchronous; sees each event once, in order of arrival. */
export interface Watcher {
  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined;
  readonly evicted: number;
  /** Forgets what it keeps of callers of these lanes. */
  forgetLanes(lanes: ReadonlySet<number>): void;
}
