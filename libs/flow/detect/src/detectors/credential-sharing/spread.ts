import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { regionOf, wasNew } from '../../knowledge/place.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import type { SpreadHistory, SpreadView } from './credential-sharing.detector.ts';

/** Addresses of one credential that are counted at the same time. */
const MAX_PLACES = 96;
/** How long ago a place may have come first to be sudden; ms. */
const SUDDEN_MS = 3 * MINUTE_MS;
/** Places that come first further apart than this come one by one; ms. */
const TOGETHER_MS = 15 * MINUTE_MS;

interface Visit {
  readonly ip: string;
  readonly credential: string;
  readonly region: number;
  /** `192.` */
  readonly block: string;
  readonly v6: boolean;
  readonly asn: number;
  readonly country: string;
  /** Whether the caller had it for a day, when it came. */
  readonly isNew: boolean;
  readonly newAsn: boolean;
  readonly newCountry: boolean;
  client: number;
  since: number;
  requests: number;
  turns: number;
}

/** Different places; an IPv6 line has an IPv4 address as well. */
class Places {
  readonly #v4 = new Set<number>();
  readonly #v6 = new Set<number>();

  add({ v6, region }: Visit): void {
    (v6 ? this.#v6 : this.#v4).add(region);
  }

  get size(): number {
    return Math.max(this.#v4.size, this.#v6.size);
  }
}

/** Where one caller's credentials are used from within an hour. */
export class Spread {
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  lookedAt = Number.NEGATIVE_INFINITY;
  /** A new place with a browser or an app of people. */
  people = false;
  readonly #visits: Visit[] = [];
  #latest: Visit | undefined;

  /** True when it may be worth a look: a new place, once more. */
  came(event: ApiEvent, at: number, prefix: () => string, profile: CallerProfile): boolean {
    const visit = this.#visitOf(event, at, prefix, profile);
    if (at - visit.since >= HOUR_MS) {
      visit.since = at;
      visit.requests = 0;
      visit.turns = 0;
    }
    visit.requests++;
    if (visit !== this.#latest && visit.requests > 1) visit.turns++;
    this.#latest = visit;
    if (visit.isNew) this.evidence.add(event, at);
    return visit.isNew;
  }

  view(credential: string, at: number, minRequests: number): SpreadView {
    const places = new Places();
    const [twice, once, sudden] = [new Places(), new Places(), new Places()];
    const suddenClients = new Set<number>();
    const blocks = new Set<string>();
    const first = this.#firstNew(credential, at);
    const together = new Set<string>();
    const [asns, clients, countries] = [new Set<number>(), new Set<number>(), new Set<string>()];
    let [turns, usual, requests] = [0, 0, 0];
    for (const visit of this.#visits) {
      if (visit.credential !== credential || at - visit.since >= HOUR_MS) continue;
      if (!visit.isNew) {
        usual += visit.requests;
        continue;
      }
      requests += visit.requests;
      once.add(visit);
      clients.add(visit.client);
      if (at - visit.since < SUDDEN_MS) {
        sudden.add(visit);
        suddenClients.add(visit.client);
      }
      if (visit.requests >= 2) twice.add(visit);
      if (visit.requests < minRequests) continue;
      places.add(visit);
      blocks.add(visit.block);
      if (visit.since - first <= TOGETHER_MS) together.add(visit.block);
      if (visit.newAsn) asns.add(visit.asn);
      if (visit.newCountry) countries.add(visit.country);
      turns += visit.turns;
    }
    return {
      places: places.size,
      twice: twice.size,
      once: once.size,
      sudden: sudden.size,
      suddenClients: suddenClients.size,
      asns: asns.size,
      countries: countries.size,
      blocks: blocks.size,
      together: together.size,
      people: this.people,
      clients: clients.size,
      turns,
      usual,
      requests,
    };
  }

  /** When the first of the new places of the hour came; ms. */
  #firstNew(credential: string, at: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const visit of this.#visits)
      if (visit.isNew && visit.credential === credential && at - visit.since < HOUR_MS && visit.since < first)
        first = visit.since;
    return first;
  }

  #visitOf(event: ApiEvent, at: number, prefix: () => string, profile: CallerProfile): Visit {
    const latest = this.#latest;
    if (latest?.ip === event.clientIp && latest.credential === event.credentialId) return latest;
    const known = this.#visits.find((one) => one.ip === event.clientIp && one.credential === event.credentialId);
    if (known && at - known.since < HOUR_MS) return known;
    const since = at - DAY_MS;
    const made: Visit = {
      ip: event.clientIp,
      credential: event.credentialId,
      region: hash32(regionOf(event.clientIp)),
      block: event.clientIp.slice(0, event.clientIp.search(/[.:]/)),
      v6: event.clientIp.includes(':'),
      asn: event.asn,
      country: event.country,
      isNew: isNewHere(profile, CallerProfile.term(prefix()), at),
      newAsn: event.asn !== 0 && wasNew(profile.asns, event.asn, since),
      newCountry: event.country !== '' && wasNew(profile.countries, CallerProfile.term(event.country), since),
      client: hash32(event.clientFingerprint || event.userAgent),
      since: at,
      requests: 0,
      turns: 0,
    };
    const place = known ? this.#visits.indexOf(known) : this.#freePlace();
    this.#visits[place] = made;
    return made;
  }

  /** The next free one, or that of who came the longest ago. */
  #freePlace(): number {
    if (this.#visits.length < MAX_PLACES) return this.#visits.length;
    let oldest = 0;
    this.#visits.forEach(({ since }, i) => {
      if (since < (this.#visits[oldest]?.since ?? 0)) oldest = i;
    });
    return oldest;
  }
}

/** Not known for a day; of a caller that itself is younger, not known before the last hour. */
const isNewHere = (profile: CallerProfile, prefix: number, at: number): boolean =>
  wasNew(profile.prefixes, prefix, at - profile.firstAt >= DAY_MS ? at - DAY_MS : at - HOUR_MS);

export const historyOf = (profile: CallerProfile, at: number): SpreadHistory => {
  const since = at - (at - profile.firstAt >= DAY_MS ? DAY_MS : HOUR_MS);
  const settled = profile.firstAt + DAY_MS;
  const days = Math.max(1, profile.days - 2);
  return {
    days: profile.days,
    hours: (at - profile.firstAt) / HOUR_MS,
    successes: profile.successes,
    places: profile.prefixes.olderThan(since),
    joinedADay: since > settled ? profile.prefixes.joinedWithin(settled, since) / days : 0,
  };
};
