import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import { hash32 } from '../duplicates/hash64.ts';
import { DAY_MS, HOUR_MS } from '../windows/time.ts';
import { TermList } from './term-list.ts';

const MONDAY_MS = 4 * DAY_MS;
/** Hour of the week, 0 is Monday 00:00 UTC. */
export const hourOfWeek = (at: number): number => Math.floor((((at - MONDAY_MS) % (7 * DAY_MS)) + 7 * DAY_MS) / HOUR_MS) % 168;

/** A user agent as a term: browsers are one. */
export const agentTerm = (agent: UserAgent): string => (agent.kind === 'browser' ? 'browser' : agent.family);

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
  /** Requests by hour of the week. */
  readonly hours = new Uint16Array(168);
  /** Event times; ms. */
  firstAt = Number.POSITIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;
  /** Start of the latest stretch of activity: no gap of `gapMs` or more since; and how long the gap before it was; ms. */
  activeSince = Number.NEGATIVE_INFINITY;
  gapMs = 0;
  requests = 0;
  successes = 0;
  /** Days (UTC) with requests. */
  days = 0;
  /** False until what the store holds of it was read: what looks new may not be. */
  seeded = true;
  #day = -1;
  #latest: Place | undefined;

  /** Hash of a term's text; never 0. */
  static term(text: string): number {
    return hash32(text) || 1;
  }

  /** Takes the event up. `prefix` is asked for only when the place changed. */
  learn(event: ApiEvent, at: number, agent: UserAgent, prefixOf: () => string, endpoint: number | undefined): void {
    if (at < this.firstAt) this.firstAt = at;
    if (at - this.lastAt >= DAY_MS) {
      if (this.lastAt > 0) this.gapMs = at - this.lastAt;
      this.activeSince = at;
    }
    if (at > this.lastAt) this.lastAt = at;
    this.requests++;
    const day = Math.floor(at / DAY_MS);
    if (day > this.#day) {
      this.#day = day;
      this.days++;
    }
    const hour = hourOfWeek(at);
    if ((this.hours[hour] ?? 0) < 65_535) this.hours[hour] = (this.hours[hour] ?? 0) + 1;
    if (event.status < 200 || event.status >= 400) return;
    this.successes++;
    if (endpoint !== undefined) this.endpoints.add(endpoint, at);
    this.#place(event, at, agent, prefixOf);
  }

  #place(event: ApiEvent, at: number, agent: UserAgent, prefixOf: () => string): void {
    const latest = this.#latest;
    const same =
      latest !== undefined &&
      latest.ip === event.clientIp &&
      latest.userAgent === event.userAgent &&
      latest.fingerprint === event.clientFingerprint &&
      latest.credential === event.credentialId;
    const place: Place = same ? latest : placeOf(event, agent, prefixOf());
    this.#latest = place;
    if (place.prefix !== 0) this.prefixes.add(place.prefix, at);
    if (place.asn !== 0) this.asns.add(place.asn, at);
    if (place.country !== 0) this.countries.add(place.country, at);
    if (place.network !== 0) this.networks.add(place.network, at);
    if (place.agent !== 0) this.agents.add(place.agent, at);
    if (place.print !== 0) this.fingerprints.add(place.print, at);
    if (place.key !== 0) this.credentials.add(place.key, at);
  }
}

interface Place {
  readonly ip: string;
  readonly userAgent: string;
  readonly fingerprint: string;
  readonly credential: string;
  readonly prefix: number;
  readonly asn: number;
  readonly country: number;
  readonly network: number;
  readonly agent: number;
  readonly print: number;
  readonly key: number;
}

const termOf = (text: string): number => (text === '' ? 0 : CallerProfile.term(text));

const placeOf = (event: ApiEvent, agent: UserAgent, prefix: string): Place => ({
  ip: event.clientIp,
  userAgent: event.userAgent,
  fingerprint: event.clientFingerprint,
  credential: event.credentialId,
  prefix: termOf(prefix),
  asn: event.asn,
  country: termOf(event.country),
  network: termOf(event.network),
  agent: termOf(agentTerm(agent)),
  print: termOf(event.clientFingerprint),
  key: termOf(event.credentialId),
});
