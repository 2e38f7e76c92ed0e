import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { HOUR_MS } from '../windows/time.ts';
import { Evidence } from '../windows/evidence.ts';

/** Of one caller, at the same time. */
export const MAX_STRANGERS = 6;

/** What about a stranger is new: how likely something as new was (0 … 1), by what its caller did before; 1 = not new. */
export interface Novelty {
  readonly origin: number;
  readonly client: number;
  /** What told places apart. */
  readonly by: 'asn' | 'prefix';
  readonly newCountry: boolean;
  /** Kind of network (hosting, …) that it never came from; false when unknown. */
  readonly newNetwork: boolean;
  /** At the time of day when its caller rests. */
  readonly resting: boolean;
}

/** Somebody with a caller's credential who comes from a place or with a client that it never had: a place and client together. */
export class Stranger {
  readonly evidence = new Evidence();
  readonly ip: string;
  readonly agent: UserAgent;
  readonly country: string;
  readonly asn: number;
  /** Answered 2xx or 3xx. */
  requests = 0;
  lastAt: number;
  /** Requests of the caller as it is known since the first of this one, and how often this one came again after such. */
  others = 0;
  turns = 0;
  /** At an endpoint that exports data or administers, by its words. */
  sensitive = false;
  /** And its caller never administered, or exported, before: who administers every day administers from elsewhere as well. */
  unusual = false;
  /** Another stranger brought its origin, its client, before. */
  sharesOrigin = false;
  sharesClient = false;
  /** When a finding about it was last given; ms. */
  toldAt = Number.NEGATIVE_INFINITY;
  #away = false;

  constructor(
    readonly prefixTerm: number,
    readonly agentTerm: number,
    event: ApiEvent,
    agent: UserAgent,
    readonly since: number,
    readonly novelty: Novelty,
    /** Requests that its caller makes in ten minutes of this hour of the day, on average of its days. */
    readonly usual10m: number,
  ) {
    this.ip = event.clientIp;
    this.agent = agent;
    this.country = event.country;
    this.asn = event.asn;
    this.lastAt = since;
  }

  came(event: ApiEvent, at: number): void {
    this.requests++;
    if (at > this.lastAt) this.lastAt = at;
    if (this.#away) this.turns++;
    this.#away = false;
    this.evidence.add(event, at);
  }

  /** Requests an hour since the first of it; at least one hour. */
  perHour(at: number): number {
    return this.requests / Math.max(1, (at - this.since) / HOUR_MS);
  }

  otherCame(): void {
    this.others++;
    this.#away = true;
  }
}
