import type { AttackScore } from '@outrider/domain/signals/attack-family';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { HOUR_MS } from '../../windows/time.ts';
import type { InjectionProbingSettings } from './injection-probing.settings.ts';

const MAX_PLACES = 5_000;
const MAX_REMEMBERED = 64;
/** Names of a path that say where it leads; what follows is what people look for there. */
const PLACE_DEPTH = 5;
/** A whole service is used to a family when so many times the callers of one place are. */
const SERVICE_FACTOR = 4;

interface Place {
  readonly firstAt: number;
  lastAt: number;
  readonly callers: Set<number>;
  readonly prefixes: Set<number>;
}

/** `here`: at this place of the API; `service`: somewhere at this service. */
export type Usual = 'no' | 'service' | 'here';

/**
 * Where weak injection signs are ordinary: a search over code, a service that hosts files. Learned from callers of several networks that had
 * them answered over some hours; a stronger sign, or several families in one request, is never usual.
 */
export class UsualProbes {
  readonly #places = new BoundedMap<Place>(MAX_PLACES);

  get evicted(): number {
    return this.#places.evicted;
  }

  of(event: ApiEvent, scores: readonly AttackScore[], s: InjectionProbingSettings): Usual {
    const [only] = scores;
    if (only === undefined || scores.length > 1 || only.score > s.usualScore) return 'no';
    if (isUsed(this.#places.peek(placeKey(event, only.family)), s.usualCallers, s)) return 'here';
    const service = this.#places.peek(serviceKey(event, only.family));
    return isUsed(service, SERVICE_FACTOR * s.usualCallers, s) ? 'service' : 'no';
  }

  learn(event: ApiEvent, at: number, scores: readonly AttackScore[], callerKey: string, prefix: string): void {
    const [only] = scores;
    if (only === undefined || scores.length > 1 || event.status < 200 || event.status >= 400) return;
    for (const key of [placeKey(event, only.family), serviceKey(event, only.family)]) {
      const place = this.#places.getOrMake(key, () => ({
        firstAt: at,
        lastAt: at,
        callers: new Set(),
        prefixes: new Set(),
      }));
      if (at > place.lastAt) place.lastAt = at;
      if (place.callers.size < MAX_REMEMBERED) place.callers.add(hash32(callerKey));
      if (place.prefixes.size < MAX_REMEMBERED) place.prefixes.add(hash32(prefix));
    }
  }
}

/** One application in front of many people shows their networks. */
const isUsed = (place: Place | undefined, atLeast: number, s: InjectionProbingSettings): boolean =>
  place !== undefined &&
  place.lastAt - place.firstAt >= s.usualHours * HOUR_MS &&
  place.prefixes.size >= atLeast &&
  (place.callers.size >= atLeast || place.prefixes.size >= 2 * atLeast);

const serviceKey = (event: ApiEvent, family: string): string => `${event.tenant}|${event.serviceId}|${family}`;

const placeKey = (event: ApiEvent, family: string): string =>
  `${serviceKey(event, family)}|${event.pathTemplate.split('/', PLACE_DEPTH + 1).join('/')}`;
