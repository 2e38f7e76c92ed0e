import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { TeachingTime } from '../baseline/teaching-time.ts';
import { hash32 } from '../duplicates/hash64.ts';
import { DAY_MS, HOUR_MS } from '../windows/time.ts';
import type { EndpointTraits } from './endpoint-knowledge.ts';
import { samePlace, placeOf, wasNew, type Place } from './place.ts';
import { restAt } from './rest-hours.ts';
import { MAX_STRANGERS, Stranger, type Novelty } from './stranger.ts';
import { TermList } from './term-list.ts';

export { agentTerm } from './place.ts';

const MONDAY_MS = 4 * DAY_MS;
/** Hour of the week, 0 is Monday 00:00 UTC. */
export const hourOfWeek = (at: number): number =>
  Math.floor((((at - MONDAY_MS) % (7 * DAY_MS)) + 7 * DAY_MS) / HOUR_MS) % 168;

/** Places that are recognised without asking the lists. */
const RECENT_PLACES = 8;
/** A caller must be known for so long and have so many answers before anything about it can be strange; ms. */
const SETTLES_MS = 2 * DAY_MS;
const SETTLES_SUCCESSES = 50;
/** A term is new for so long; ms. */
export const NEW_FOR_MS = DAY_MS;
/** A gap that counts as a pause of the season; ms. */
export const PAUSE_MS = 20 * DAY_MS;

/** Times in ms; see CallerProfile for what they mean. */
export interface StoredUse {
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly requests: number;
  readonly days: number;
  readonly activeSince: number;
  readonly gapMs: number;
  readonly pauses: number;
  readonly requestsBefore: number;
  readonly daysBefore: number;
}

/** What a consumer or credential was ever seen with; at most about 8 KB. Terms of refused requests are not taken up. */
export class CallerProfile {
  readonly prefixes = new TermList(64);
  readonly asns = new TermList(32);
  readonly countries = new TermList(16);
  readonly networks = new TermList(8);
  readonly agents = new TermList(16);
  readonly fingerprints = new TermList(32);
  readonly credentials = new TermList(32);
  /** Endpoints (by EndpointKnowledge.id) that answered 2xx. */
  readonly endpoints = new TermList(256);
  /** When it was first let in at an endpoint of administration, of exports; ms. */
  adminSince = Number.POSITIVE_INFINITY;
  exportSince = Number.POSITIVE_INFINITY;
  /** Requests by hour of the week. */
  readonly hours = new Uint16Array(168);
  /** Event times; ms. */
  firstAt = Number.POSITIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;
  /** Start of the latest stretch of activity: no gap of `gapMs` or more since; and how long the gap before it was; ms. */
  activeSince = Number.NEGATIVE_INFINITY;
  gapMs = 0;
  /** Gaps of 20 days or more before the latest. */
  pauses = 0;
  /** Requests before the latest stretch, and its days. */
  requestsBefore = 0;
  daysBefore = 0;
  requests = 0;
  successes = 0;
  /** Days (UTC) with requests. */
  days = 0;
  /** False until what the store holds of it was read: what looks new may not be. */
  seeded = true;
  /** What people had said about it when it was begun. */
  said: TeachingTime | undefined;
  /** Who uses the credential from new places or with new clients; undefined for nearly everybody. */
  strangers: Stranger[] | undefined;
  /** When another detector last told that its credential is in other hands (in many places at once, guessed); ms. */
  toldStolenAt = Number.NEGATIVE_INFINITY;
  /** When a stranger with its credential was seen that would have been told as a leak but for that; ms. */
  leakedAt = Number.NEGATIVE_INFINITY;
  /** Requests in the busiest hour (UTC) before the present one. */
  busiestHour = 0;
  #day = -1;
  #hour = -1;
  #inHour = 0;
  #latest: Place | undefined;
  readonly #recent: Place[] = [];
  /** Terms that strangers brought, by list. */
  readonly #accused = new Map<TermList, number>();

  /** Hash of a term's text; never 0. */
  static term(text: string): number {
    return hash32(text) || 1;
  }

  /** Address of the latest answered request; '' before. */
  get latestIp(): string {
    return this.#latest?.ip ?? '';
  }

  /** More than one place or client in recent memory. */
  get varies(): boolean {
    return this.#recent.length > 1;
  }

  /** Takes the event up. `prefix` is asked for only when the place changed, `traits` when the endpoint is new to it. */
  learn(
    event: ApiEvent,
    at: number,
    agent: UserAgent,
    prefixOf: () => string,
    endpoint: number | undefined,
    traits?: (template: string) => EndpointTraits,
  ): void {
    if (at < this.firstAt) this.firstAt = at;
    if (at - this.lastAt >= DAY_MS) this.#awake(at);
    if (at > this.lastAt) this.lastAt = at;
    this.requests++;
    const day = Math.floor(at / DAY_MS);
    if (day > this.#day) {
      this.#day = day;
      this.days++;
    }
    this.#countHour(Math.floor(at / HOUR_MS));
    const hour = hourOfWeek(at);
    if ((this.hours[hour] ?? 0) < 65_535) this.hours[hour] = (this.hours[hour] ?? 0) + 1;
    if (event.status < 200 || event.status >= 400) return;
    this.successes++;
    if (endpoint !== undefined && this.endpoints.add(endpoint, at) && traits !== undefined)
      this.asked(traits(event.pathTemplate), at);
    this.#place(event, at, agent, prefixOf);
  }

  /** It was let in at an endpoint of these traits. */
  asked(traits: EndpointTraits, at: number): void {
    if (traits.admin && at < this.adminSince) this.adminSince = at;
    if (traits.export && at < this.exportSince) this.exportSince = at;
  }

  /** Takes up what the store knows of its whole life, of which this profile may have seen the end. */
  recall(use: StoredUse): void {
    const { firstSeenAt, lastSeenAt, requests, days } = use;
    // before the events of now were stored it had come back already
    const isBack = this.activeSince - lastSeenAt >= DAY_MS;
    if (isBack) {
      this.pauses = use.pauses + (use.gapMs >= PAUSE_MS ? 1 : 0);
      this.gapMs = this.activeSince - lastSeenAt;
      this.requestsBefore = requests;
      this.daysBefore = days;
      this.requests += requests;
      this.days += days;
    } else {
      const { activeSince, gapMs, pauses, requestsBefore, daysBefore } = use;
      Object.assign(this, { activeSince, gapMs, pauses, requestsBefore, daysBefore });
      this.requests = Math.max(this.requests, requests);
      this.days = Math.max(this.days, days);
    }
    this.firstAt = Math.min(this.firstAt, firstSeenAt);
    this.lastAt = Math.max(this.lastAt, lastSeenAt);
  }

  /** Discoveries a day: how likely something new of this kind is today, from what joined after the first day. 1: anything goes. */
  noveltyOf(terms: TermList): number {
    if (terms.forgotten > 0 || terms.size === 0 || this.days === 0) return 1;
    const joined = terms.joinedWithin(this.firstAt + DAY_MS, Infinity) - (this.#accused.get(terms) ?? 0);
    return Math.min(1, (Math.max(0, joined) + 0.5) / this.days);
  }

  /** A finding told of the stranger: what it brought is no habit of the caller, so that the next one stands out as well. */
  accuse(stranger: Stranger): void {
    const { origin, client, by } = stranger.novelty;
    const count = (terms: TermList): Map<TermList, number> =>
      this.#accused.set(terms, (this.#accused.get(terms) ?? 0) + 1);
    if (origin < 1 && !stranger.sharesOrigin) count(by === 'asn' ? this.asns : this.prefixes);
    if (client < 1 && !stranger.sharesClient) count(this.agents);
  }

  #countHour(hour: number): void {
    if (hour > this.#hour) {
      if (this.#inHour > this.busiestHour) this.busiestHour = this.#inHour;
      this.#hour = hour;
      this.#inHour = 0;
    }
    if (hour === this.#hour) this.#inHour++;
  }

  #awake(at: number): void {
    if (this.lastAt > 0) {
      if (this.gapMs >= PAUSE_MS) this.pauses++;
      this.gapMs = at - this.lastAt;
    }
    this.activeSince = at;
    this.requestsBefore = this.requests;
    this.daysBefore = this.days;
  }

  #place(event: ApiEvent, at: number, agent: UserAgent, prefixOf: () => string): void {
    const place = this.#recall(event, agent, prefixOf);
    if (!place.usual || this.strangers !== undefined) this.#meet(place, event, at, agent);
    if (place.prefix !== 0) this.prefixes.add(place.prefix, at);
    if (place.asn !== 0) this.asns.add(place.asn, at);
    if (place.country !== 0) this.countries.add(place.country, at);
    if (place.network !== 0) this.networks.add(place.network, at);
    if (place.agent !== 0) this.agents.add(place.agent, at);
    if (place.print !== 0) this.fingerprints.add(place.print, at);
    if (place.key !== 0) this.credentials.add(place.key, at);
  }

  /** The event's place, from recent memory or made now; the latest is asked first. */
  #recall(event: ApiEvent, agent: UserAgent, prefixOf: () => string): Place {
    const latest = this.#latest;
    if (latest !== undefined && samePlace(latest, event)) return latest;
    const recent = this.#recent;
    let place = recent.find((one) => samePlace(one, event));
    if (place === undefined) {
      place = placeOf(event, agent, prefixOf());
      if (recent.length >= RECENT_PLACES) recent.shift();
      recent.push(place);
    }
    this.#latest = place;
    return place;
  }

  /** Tells the caller's own places from those of strangers. Before the event's terms are taken up. */
  #meet(place: Place, event: ApiEvent, at: number, agent: UserAgent): void {
    if (!this.seeded || at - this.firstAt < SETTLES_MS || this.successes < SETTLES_SUCCESSES) return;
    this.#forgetStrangers(at);
    const since = at - NEW_FOR_MS;
    if (!place.usual) {
      const newAgent = wasNew(this.agents, place.agent, since);
      const byAsn = place.asn !== 0 && this.asns.size > 0;
      const newOrigin = byAsn ? wasNew(this.asns, place.asn, since) : wasNew(this.prefixes, place.prefix, since);
      if (newAgent || newOrigin) {
        this.#strangerAt(place, event, at, agent, newOrigin, newAgent, byAsn)?.came(event, at);
        return;
      }
      place.usual = true;
    }
    // who was a stranger until a day ago is none, and no other either
    for (const one of this.strangers ?? [])
      if (one.prefixTerm !== place.prefix || one.agentTerm !== place.agent) one.otherCame();
  }

  #strangerAt(
    place: Place,
    event: ApiEvent,
    at: number,
    agent: UserAgent,
    newOrigin: boolean,
    newAgent: boolean,
    byAsn: boolean,
  ): Stranger | undefined {
    // prettier-ignore
    const known = this.strangers?.find((one) => one.prefixTerm === place.prefix && one.agentTerm === place.agent);
    if (known) return known;
    const origins = byAsn ? this.asns : this.prefixes;
    const near = !byAsn && this.#recent.some((one) => one !== place && one.usual && one.region === place.region);
    const dual = !byAsn && !this.#recent.some((one) => one !== place && one.usual && one.v6 === place.v6);
    const novelty: Novelty = {
      // a neighbour of a usual address, or the other internet protocol of the same line, is hardly news
      origin: newOrigin ? Math.max(this.noveltyOf(origins), near || dual ? 0.5 : 0) : 1,
      client: newAgent ? this.noveltyOf(this.agents) : 1,
      by: byAsn ? 'asn' : 'prefix',
      newCountry:
        place.country !== 0 && this.countries.size > 0 && wasNew(this.countries, place.country, at - NEW_FOR_MS),
      newNetwork:
        place.network !== 0 && this.networks.size > 0 && wasNew(this.networks, place.network, at - NEW_FOR_MS),
      resting: restAt(this.hours, at) !== undefined,
    };
    const made = new Stranger(place.prefix, place.agent, event, agent, at, novelty, this.#usual10m(at));
    made.sharesOrigin = origins.has(byAsn ? place.asn : place.prefix);
    made.sharesClient = this.agents.has(place.agent);
    if (this.strangers === undefined) this.strangers = [made];
    else if (this.strangers.length < MAX_STRANGERS) this.strangers.push(made);
    else return undefined;
    return made;
  }

  /** Requests in ten minutes of this hour of the day, averaged over its days. */
  #usual10m(at: number): number {
    const hour = hourOfWeek(at) % 24;
    let n = 0;
    for (let day = 0; day < 7; day++) n += this.hours[day * 24 + hour] ?? 0;
    return n / Math.max(1, this.days) / 6;
  }

  #forgetStrangers(at: number): void {
    if (this.strangers === undefined) return;
    const left = this.strangers.filter(({ lastAt }) => at - lastAt < NEW_FOR_MS);
    if (left.length < this.strangers.length) this.strangers = left.length === 0 ? undefined : left;
  }
}
