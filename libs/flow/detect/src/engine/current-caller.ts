import type { WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, type Entity } from '@outrider/domain/traffic/entity';
import { prefixOf } from '@outrider/domain/traffic/ip-address';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { CallerProfile } from '../knowledge/caller-profile.ts';
import type { EndpointKnowledge, EndpointTraits } from '../knowledge/endpoint-knowledge.ts';
import { endpointKeyOf, type Knowledge } from '../knowledge/knowledge.ts';
import type { CallerSlab } from '../windows/caller-slab.ts';
import { BUCKET_MS, DAY_MS } from '../windows/time.ts';
import type { Caller } from './watcher.ts';

/** One object for all events, so that the hot path makes none; what is dear is made when asked for, once an event. */
export class CurrentCaller implements Caller {
  key = '';
  lane = 0;
  profile: CallerProfile | undefined;
  endpoint: EndpointKnowledge | undefined;
  #endpointKey = '';
  #event: ApiEvent | undefined;
  #slot = 0;
  #at = 0;
  #agent: UserAgent | undefined;
  #traits: EndpointTraits | undefined;
  #prefix = '';
  #prefixIp = '';

  constructor(
    private readonly slab: CallerSlab,
    private readonly knowledge: Knowledge,
  ) {}

  of(event: ApiEvent, key: string, slot: number, at: number, lane: number): this {
    this.lane = lane;
    this.key = key;
    this.#event = event;
    this.#slot = slot;
    this.#at = at;
    this.#agent = undefined;
    this.#traits = undefined;
    this.profile = this.knowledge.profileOf(event, key, lane);
    this.#endpointKey = endpointKeyOf(event);
    this.endpoint = this.knowledge.endpoint(this.#endpointKey);
    return this;
  }

  /** Takes the event up into what is known. */
  learn(): void {
    this.knowledge.learn(
      this.event,
      this.#at,
      this.key,
      this.profile,
      this.#endpointKey,
      this.endpoint,
      this.#prefixOf,
    );
  }

  get event(): ApiEvent {
    if (!this.#event) throw new Error('no current event');
    return this.#event;
  }

  get entity(): Entity {
    return callerOf(this.event);
  }

  get prefix(): string {
    const { clientIp } = this.event;
    if (clientIp !== this.#prefixIp) {
      this.#prefixIp = clientIp;
      this.#prefix = prefixOf(clientIp);
    }
    return this.#prefix;
  }

  get agent(): UserAgent {
    return (this.#agent ??= this.knowledge.agents.of(this.event.userAgent));
  }

  get traits(): EndpointTraits {
    return (this.#traits ??= this.knowledge.traits(this.event.pathTemplate));
  }

  get warmUp(): WarmUp {
    const lifeMs = this.#at - (this.slab.firstBucket[this.#slot] ?? 0) * BUCKET_MS;
    if (lifeMs < DAY_MS) return 'learning';
    if (lifeMs < 7 * DAY_MS) return 'provisional';
    return lifeMs < 14 * DAY_MS ? 'mature' : 'seasonal';
  }

  requests(from: number, to: number): number {
    return this.slab.sum(this.#slot, from, to);
  }

  readonly #prefixOf = (): string => this.prefix;
}
