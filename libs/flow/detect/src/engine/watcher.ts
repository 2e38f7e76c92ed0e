import type { Finding, WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { CallerProfile } from '../knowledge/caller-profile.ts';
import type { EndpointKnowledge, EndpointTraits } from '../knowledge/endpoint-knowledge.ts';
import type { Draft } from './finding-draft.ts';
import type { Forgotten } from './forgotten.ts';

/** The caller of the event at hand, with what is known of it and of what it calls. Valid during the call only. */
export interface Caller {
  readonly key: string;
  /** The lane (partition of the bus) that its events come by. */
  readonly lane: number;
  readonly entity: Entity;
  /** Learning or not: by the time the caller has been watched. */
  readonly warmUp: WarmUp;
  /** Its requests in the buckets `from` … `to`, inclusive. */
  requests(from: number, to: number): number;
  /** `192.0.2.0/24` or `2001:db8:1::/48` of the client's address; '' without. Made when asked. */
  readonly prefix: string;
  /** What the user agent says. */
  readonly agent: UserAgent;
  /** What the path template tells by its words. */
  readonly traits: EndpointTraits;
  /** The endpoint, as it was before this event; undefined as long as it never answered 2xx or 3xx to anybody. */
  readonly endpoint: EndpointKnowledge | undefined;
  /** What is remembered of a consumer or credential, as it was before this event; undefined of addresses. */
  readonly profile: CallerProfile | undefined;
}

/**
 * The part of a watcher that goes by the caller's window as a whole, and may have to wait for the store before it can judge it. `slot` is the
 * caller's in the engine's windows.
 */
export interface Lookout {
  /** The caller's newest bucket is about to move from `head` to `bucket`: what is finished can be taken up. */
  beforeAdvance(slot: number, key: string, head: number, bucket: number, event: ApiEvent): void;
  /** After the watchers: whether `look` is worth its cost. Asked of every event. */
  isDue(slot: number, event: ApiEvent, at: number, caller: Caller): boolean;
  /** No other event is observed before it resolves. */
  look(slot: number, event: ApiEvent, at: number, caller: Caller): Promise<Draft | undefined>;
  /** Pasts that a bound made it forget. */
  readonly evicted: number;
}

/** The part of a detector that keeps state between events. Synchronous; sees each event once, in order of arrival. */
export interface Watcher {
  /** First digits of the statuses that concern it (0: none was logged); absent: all. */
  readonly statusClasses?: readonly (0 | 1 | 2 | 3 | 4 | 5)[];
  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined;
  /** Event time came to `now` in all lanes; about every 10 s of it. For what is told by silence, or by what many did together. */
  tick?(now: number): readonly Draft[];
  /** The events end: what was held back to see what follows. */
  finish?(): readonly Draft[];
  /** Another detector found something in this event. */
  heard?(finding: Finding, event: ApiEvent, at: number, caller: Caller): Draft | undefined;
  /** A health check, which is nobody's traffic: what it says of its service. */
  checked?(event: ApiEvent): void;
  /** After `observe`: what it makes of the event, with its figures; one sentence, undefined when it is not concerned. */
  explain?(event: ApiEvent, at: number, caller: Caller): string | undefined;
  readonly lookout?: Lookout;
  readonly evicted: number;
  /** Forgets what it keeps of callers of these lanes. */
  forgetLanes(lanes: ReadonlySet<number>): void;
  /** Somebody reset these entities: forgets what it keeps of their past, as if they had just come. */
  forget(gone: Forgotten): void;
}
