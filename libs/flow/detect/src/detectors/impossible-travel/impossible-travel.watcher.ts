import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  IMPOSSIBLE_TRAVEL_VERSION,
  judgeTravel,
  kmBetween,
  pointOf,
  type Journey,
  type Stay,
} from './impossible-travel.detector.ts';
import type { ImpossibleTravelSettings } from './impossible-travel.settings.ts';

/** km; one home. */
const HOME_KM = 100;
const MAX_HOMES = 16;
/** What the second place did longer ago is told already. */
const TOLD_WITHIN_MS = 40 * MINUTE_MS;

interface Home {
  readonly lat: number;
  readonly lon: number;
  readonly firstAt: number;
  requests: number;
}

interface Traveller {
  text: string;
  here: Stay;
  before: Stay | undefined;
  /** Shortest time from a request at one of both to the next at the other; ms. */
  gapMs: number;
  readonly homes: Home[];
  readonly credential: string;
  readonly since: number;
  /** Before the present stay. */
  requests: number;
  journey: Journey | undefined;
  reportedAt: number;
  readonly evidence: Evidence;
}

export class ImpossibleTravelWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #travellers: BoundedMap<Traveller>;
  readonly #settings: Tuned<ImpossibleTravelSettings>;

  constructor({ settings, maxCallers }: DetectorDeps<ImpossibleTravelSettings>) {
    this.#settings = settings;
    this.#travellers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#travellers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#travellers.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#travellers.forgetKeys(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.location === '' || caller.profile === undefined) return undefined;
    if (caller.profile.prefixes.size > this.#settings.base.maxPrefixes) return undefined;
    const known = this.#travellers.get(caller.key);
    // a consumer with several credentials may be several people
    if (known === undefined || known.credential !== event.credentialId) {
      if (known === undefined || caller.profile.credentials.size <= 2) this.#begin(event, at, caller);
      return undefined;
    }
    if (known.text !== event.location) this.#moved(known, event, at);
    known.here.requests++;
    if (at > known.here.lastAt) known.here.lastAt = at;
    const home = known.homes.find((one) => kmBetween({ ...one, radiusKm: 0 }, known.here) < HOME_KM);
    if (home) home.requests++;
    if (known.before === undefined) return undefined;
    known.evidence.add(event, at);
    if (at < known.reportedAt + REPORT_EVERY_MS) return undefined;
    return this.#judged(known, home, event, at, caller);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const known = this.#travellers.peek(caller.key);
    return known?.journey && at - known.reportedAt < DAY_MS
      ? saysOf(caller.entity.name, known, known.journey)
      : undefined;
  }

  #begin(event: ApiEvent, at: number, caller: Caller): void {
    const here = stayOf(event, at);
    if (!here) return;
    here.requests = 1;
    const homes = [{ lat: here.lat, lon: here.lon, firstAt: at, requests: 1 }];
    this.#travellers.set(caller.key, { text: event.location, here, before: undefined, gapMs: Infinity, homes, credential: event.credentialId, since: at, requests: 0, journey: undefined, reportedAt: -Infinity, evidence: new Evidence() }, caller.lane); // prettier-ignore
  }

  /** To another point; back where it just was is no new stay, so that two places in turns stay two. */
  #moved(known: Traveller, event: ApiEvent, at: number): void {
    known.text = event.location;
    const next = stayOf(event, at);
    if (!next) return;
    if (kmBetween(next, known.here) < HOME_KM) return;
    const { before } = known;
    const gapMs = at - known.here.lastAt;
    if (before !== undefined && kmBetween(next, before) < HOME_KM) {
      known.gapMs = Math.min(known.gapMs, gapMs);
      known.before = known.here;
      known.here = before;
      return;
    }
    known.gapMs = gapMs;
    known.requests += known.here.requests;
    known.before = known.here;
    known.here = next;
    if (!known.homes.some((one) => kmBetween({ ...one, radiusKm: 0 }, next) < HOME_KM)) {
      if (known.homes.length >= MAX_HOMES) known.homes.shift();
      known.homes.push({ lat: next.lat, lon: next.lon, firstAt: at, requests: 0 });
    }
  }

  #judged(known: Traveller, home: Home | undefined, event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { before, here } = known;
    if (before === undefined || home === undefined) return undefined;
    const s = this.#settings.of(event);
    const [from, to] = before.firstAt <= here.firstAt ? [before, here] : [here, before];
    const settled = to.firstAt - known.since >= s.settledDays * DAY_MS && known.requests >= s.settledRequests;
    const older = known.homes.filter(({ firstAt }) => firstAt < to.firstAt).length;
    // a place that was there yesterday is one of its homes
    const isHome = known.homes.some(
      (one) => one.firstAt < at - DAY_MS && kmBetween({ ...one, radiusKm: 0 }, to) < HOME_KM,
    );
    if (!settled || isHome || older > s.maxHomes || at - to.lastAt > TOLD_WITHIN_MS) return undefined;
    const journey = judgeTravel(from, to, known.gapMs, s);
    if (!journey) return undefined;
    known.journey = journey;
    known.reportedAt = at;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'impossible-travel',
      version: IMPOSSIBLE_TRAVEL_VERSION,
      severity: 'medium',
      confidence: 0.75,
      at,
      from: Math.min(from.lastAt, to.firstAt),
      observed: { metric: 'speed', value: Math.round(journey.kmh), unit: 'km/h' },
      expected: { low: 0, high: s.maxSpeedKmh, mean: 0, n: from.requests, p: 1, warmUp: caller.warmUp },
      explanation: saysOf(caller.entity.name, known, journey),
      evidence: known.evidence,
      only: 'status BETWEEN 200 AND 399',
    });
  }
}

const stayOf = (event: ApiEvent, at: number): Stay | undefined => {
  const point = pointOf(event.location);
  return point && { ...point, country: event.country, network: event.network, firstAt: at, lastAt: at, requests: 0 };
};

const saysOf = (name: string, { here, before }: Traveller, { km, minutes }: Journey): string =>
  `The credential of ${name} was used at two places ${Math.round(km)} km apart (${before?.country ?? ''} and ${here.country}) within ${Math.max(1, Math.round(minutes))} min, ` +
  `${before?.requests ?? 0} and ${here.requests} requests; no journey is that fast, and neither network is known to be a VPN or hoster. Two people use one credential.`;
