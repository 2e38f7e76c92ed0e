import { DocumentIndex } from '@outrider/domain/endpoints/document-index';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { UserAgentCache } from '@outrider/domain/traffic/user-agent';
import { ALL_TIME, isUntaught, teaches, type TeachingTimes } from '../baseline/teaching-time.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { CallerProfile } from './caller-profile.ts';
import { EndpointKnowledge, TraitsCache } from './endpoint-knowledge.ts';

export interface KnowledgeLimits {
  /** Consumers and credentials that are remembered for long; at most 8 KB each, mostly 2. */
  readonly maxProfiles: number;
  /** Endpoints that work; about 0.5 KB each. */
  readonly maxEndpoints: number;
}

/**
 * What detectors share about callers and endpoints, so that none keeps it twice. Updated once per event, after all watchers saw it:
 * what a watcher reads is what was known before.
 */
export class Knowledge {
  readonly agents = new UserAgentCache();
  /** What the user's OpenAPI documents say; replaced when they change. */
  documents = DocumentIndex.NONE;
  readonly #traits = new TraitsCache();
  readonly #endpoints: BoundedMap<EndpointKnowledge>;
  readonly #profiles: BoundedMap<CallerProfile>;
  readonly #onNew: ((event: ApiEvent, key: string, profile: CallerProfile) => void) | undefined;

  constructor(
    limits: KnowledgeLimits,
    onNew?: (event: ApiEvent, key: string, profile: CallerProfile) => void,
    private readonly teaching: TeachingTimes = ALL_TIME,
  ) {
    this.#endpoints = new BoundedMap(limits.maxEndpoints);
    this.#profiles = new BoundedMap(limits.maxProfiles);
    this.#onNew = onNew;
  }

  get profiles(): number {
    return this.#profiles.size;
  }

  get evicted(): { readonly profiles: number; readonly endpoints: number } {
    return { profiles: this.#profiles.evicted, endpoints: this.#endpoints.evicted };
  }

  traits(template: string): ReturnType<TraitsCache['of']> {
    return this.#traits.of(template);
  }

  endpoint(key: string): EndpointKnowledge | undefined {
    const known = this.#endpoints.get(key);
    if (known === undefined) return undefined;
    const said = this.teaching.ofEndpoint(key);
    if (known.said === said) return known;
    known.said = said;
    if (
      said === undefined ||
      (known.firstAt >= said.from && !isUntaught(said, { from: known.firstAt, to: known.lastAt }))
    )
      return known;
    this.#endpoints.delete(key);
    return undefined;
  }

  /** By caller key; undefined of who is not remembered. */
  profile(key: string): CallerProfile | undefined {
    return this.#profiles.get(key);
  }

  /** The profile of an event's caller, made now if new or if people said something else about it; undefined for addresses. */
  profileOf(event: ApiEvent, key: string, lane: number): CallerProfile | undefined {
    if (event.credentialId === '') return undefined;
    const known = this.#profiles.get(key);
    const said = this.teaching.ofCaller(key);
    if (known !== undefined && known.said === said) return known;
    const made = new CallerProfile();
    made.said = said;
    this.#profiles.set(key, made, lane);
    this.#onNew?.(event, key, made);
    return made;
  }

  learn(
    event: ApiEvent,
    at: number,
    key: string,
    profile: CallerProfile | undefined,
    endpointKey: string,
    known: EndpointKnowledge | undefined,
    prefixOf: () => string,
  ): void {
    const { status } = event;
    const worked = status >= 200 && status < 400;
    let endpoint = known;
    if (worked && endpoint === undefined) {
      const said = this.teaching.ofEndpoint(endpointKey);
      if (said === undefined || at >= said.from) {
        endpoint = new EndpointKnowledge(endpointKey, event.serviceId, event.method, event.pathTemplate, at);
        endpoint.said = said;
        this.#endpoints.set(endpointKey, endpoint);
      }
    }
    if (endpoint !== undefined && (endpoint.said === undefined || teaches(endpoint.said, at))) {
      endpoint.requests++;
      if (worked) {
        endpoint.successes++;
        if (at > endpoint.lastAt) endpoint.lastAt = at;
        if (status < 300) {
          if (profile === undefined) endpoint.anonymous++;
          else {
            endpoint.authenticated++;
            endpoint.callers.add(CallerProfile.term(key), at);
          }
        }
      }
    }
    if (profile === undefined || !teaches(profile.said, at)) return;
    profile.learn(
      event,
      at,
      this.agents.of(event.userAgent),
      prefixOf,
      status < 300 ? endpoint?.id : undefined,
      this.#traitsOf,
    );
  }

  readonly #traitsOf = (template: string): ReturnType<TraitsCache['of']> => this.#traits.of(template);

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#profiles.forgetLanes(lanes);
  }
}

/** `tenant|service|METHOD template`: the key of an endpoint's knowledge. */
export const endpointKeyOf = (event: ApiEvent): string =>
  `${event.tenant}|${event.serviceId}|${event.method} ${event.pathTemplate}`;
