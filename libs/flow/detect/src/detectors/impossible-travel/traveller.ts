import type { WarmUp } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS } from '../../windows/time.ts';
import { kmBetween, mayBeVpn, pointOf, type Journey, type Stay } from './impossible-travel.detector.ts';

/** km; one home. */
const HOME_KM = 100;
const MAX_HOMES = 16;

interface Home {
  readonly lat: number;
  readonly lon: number;
  readonly firstAt: number;
  /** It came and went with its own client: a way out of its own. */
  own: boolean;
}

/** A journey that is told unless its traveller turns out to be one. */
export interface Suspicion {
  readonly journey: Journey;
  readonly key: string;
  readonly event: ApiEvent;
  /** Of the event; ms. */
  readonly at: number;
  readonly entity: Entity;
  readonly warmUp: WarmUp;
}

/** Where one caller's credential is, and was before. */
export class Traveller {
  here: Stay;
  before: Stay | undefined;
  /** Shortest time from a request at one of both to the next at the other; ms. */
  gapMs = Number.POSITIVE_INFINITY;
  /** Before the present stay. */
  requests = 0;
  journey: Journey | undefined;
  suspicion: Suspicion | undefined;
  /** Arrived at the later place, after a while away from it, and first back since; ms. */
  #arrivedAt = Number.NEGATIVE_INFINITY;
  #returnedAt: number | undefined;
  /** Requests there since it arrived, until it was back. */
  #visit = 0;
  /** Back, and there again, within the waiting time. */
  #byTurns = false;
  /** Its latest address; '' before. */
  ip = '';
  reportedAt = Number.NEGATIVE_INFINITY;
  readonly evidence = new Evidence();
  readonly #homes: Home[] = [];
  #text: string;

  constructor(
    readonly credential: string,
    readonly since: number,
    text: string,
    first: Stay,
  ) {
    this.#text = text;
    this.here = first;
    this.#settle(first);
  }

  /** The stay that came later. */
  get there(): Stay {
    return this.before !== undefined && this.before.firstAt > this.here.firstAt ? this.before : this.here;
  }

  get from(): Stay | undefined {
    return this.there === this.here ? this.before : this.here;
  }

  /** Where it is already. */
  isAt({ location }: ApiEvent): boolean {
    return this.#text === location;
  }

  stayed(at: number): void {
    this.here.requests++;
    if (at > this.here.lastAt) this.here.lastAt = at;
  }

  /** Takes the event up. `waitMs`: how long who may be on a VPN is waited for. */
  came(event: ApiEvent, at: number, profile: CallerProfile, isPerson: boolean, waitMs: number): void {
    if (this.#text !== event.location && this.#moved(event, at)) this.#turned(at, waitMs);
    this.stayed(at);
    const { here } = this;
    if (here === this.there) this.#visit++;
    here.isPerson ||= isPerson;
    here.ownClient ||= isOwnClient(event, profile, here.firstAt);
    here.seesClient ||= event.clientFingerprint !== '';
  }

  /** What its being at both places says by `now`: `own` is a way out of its own, once it was back and stayed away from the later place. */
  is(now: number, waitMs: number, minVisit: number): 'two' | 'own' | 'unclear' {
    if (this.#byTurns || this.#visit >= minVisit || !mayBeVpn(this.there)) return 'two';
    if (now - this.#arrivedAt < waitMs) return 'unclear';
    return this.#returnedAt === undefined ? 'two' : 'own';
  }

  /** Told of since it arrived at the later place. */
  get isTold(): boolean {
    return this.reportedAt >= this.#arrivedAt;
  }

  /** One of its homes, since yesterday or by a way of its own. */
  isHome(place: Stay, at: number): boolean {
    return this.#homes.some((one) => (one.own || one.firstAt < at - DAY_MS) && isNear(one, place));
  }

  /** Different homes before `at`. */
  homesBefore(at: number): number {
    return this.#homes.filter(({ firstAt }) => firstAt < at).length;
  }

  own(place: Stay): void {
    for (const one of this.#homes) one.own ||= isNear(one, place);
  }

  #turned(at: number, waitMs: number): void {
    if (this.here !== this.there) this.#returnedAt ??= at;
    else if (at - this.#arrivedAt < waitMs) this.#byTurns ||= this.#returnedAt !== undefined;
    else {
      this.#visit = 0;
      this.#arrivedAt = at;
      this.#returnedAt = undefined;
      this.#byTurns = false;
    }
  }

  /** To another point; back where it just was is no new stay, so that two places in turns stay two. */
  #moved(event: ApiEvent, at: number): boolean {
    this.#text = event.location;
    const next = stayOf(event, at);
    if (!next || isNear(next, this.here)) return false;
    const { before } = this;
    const gapMs = at - this.here.lastAt;
    if (before !== undefined && isNear(next, before)) {
      this.gapMs = Math.min(this.gapMs, gapMs);
      this.before = this.here;
      this.here = before;
      return true;
    }
    this.gapMs = gapMs;
    this.requests += this.here.requests;
    this.before = this.here;
    this.here = next;
    this.#settle(next);
    return true;
  }

  #settle(place: Stay): void {
    if (this.#homes.some((one) => isNear(one, place))) return;
    if (this.#homes.length >= MAX_HOMES) this.#homes.shift();
    this.#homes.push({ lat: place.lat, lon: place.lon, firstAt: place.firstAt, own: false });
  }
}

export const stayOf = (event: ApiEvent, at: number): Stay | undefined => {
  const point = pointOf(event.location);
  return (
    point && {
      ...point,
      ip: event.clientIp,
      country: event.country,
      network: event.network,
      firstAt: at,
      lastAt: at,
      requests: 0,
      isPerson: false,
      isUnusual: false,
      ownClient: false,
      seesClient: false,
    }
  );
};

/** The stack (agent, language, TLS, headers) that it had before it was here; true where logs show none. */
const isOwnClient = ({ clientFingerprint }: ApiEvent, { fingerprints }: CallerProfile, since: number): boolean => {
  if (clientFingerprint === '' || fingerprints.forgotten > 0) return true;
  return (fingerprints.firstAt(CallerProfile.term(clientFingerprint)) ?? since) < since;
};

const isNear = (a: { readonly lat: number; readonly lon: number }, b: Stay): boolean =>
  kmBetween({ lat: a.lat, lon: a.lon, radiusKm: 0 }, b) < HOME_KM;
