import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { Caller } from '../../engine/watcher.ts';
import { agentTerm } from '../../knowledge/place.ts';
import type { Evidence } from '../../windows/evidence.ts';

const MAX_NETWORKS = 16;
const MAX_REFUSED = 64;
const SEVERAL_REGIONS = 4;
const MAX_CLIENTS = 8;

/** One credential: how often it worked, from where, and where it is refused. About 0.3 KB, and 1 KB once it is refused. */
export class KeyHistory {
  good = 0;
  firstGoodAt = Number.POSITIVE_INFINITY;
  lastGoodAt = Number.NEGATIVE_INFINITY;
  credentialId = '';
  consumerName = '';
  /** Networks that it worked from, and the wider ones around them. */
  readonly #prefixes: number[] = [];
  readonly #wider: number[] = [];
  readonly #asns: number[] = [];
  /** Programs (families) that it worked with. */
  readonly #clients: number[] = [];
  #lastIp = '';
  #lastAgent = '';
  /** Times of the latest refusals. */
  #elsewhere: Ring | undefined;
  #strange: Ring | undefined;
  #home: Ring | undefined;
  refusals: { readonly evidence: Evidence; reportedAt: number } | undefined;

  /**
   * Networks far apart that it worked from: a provider's addresses of one region are one, however many. Where more small ones were seen than are
   * remembered, in several regions, it is everywhere.
   */
  get networks(): number {
    const regions = this.#wider.length;
    return this.#prefixes.length >= MAX_NETWORKS && regions >= SEVERAL_REGIONS ? MAX_NETWORKS : regions;
  }

  worked(event: ApiEvent, at: number, caller: Caller): void {
    this.good++;
    if (at < this.firstGoodAt) this.firstGoodAt = at;
    if (at > this.lastGoodAt) this.lastGoodAt = at;
    if (this.#elsewhere !== undefined || this.#home !== undefined) {
      // It works after all: what was refused meanwhile is no sign of anything.
      this.#elsewhere = undefined;
      this.#strange = undefined;
      this.#home = undefined;
      this.refusals = undefined;
    }
    if (event.userAgent !== this.#lastAgent) {
      this.#lastAgent = event.userAgent;
      if (this.#clients.length < MAX_CLIENTS) remember(this.#clients, hash32(agentTerm(caller.agent)));
    }
    if (event.clientIp === this.#lastIp) return;
    this.#lastIp = event.clientIp;
    this.credentialId = event.credentialId;
    this.consumerName = event.consumerName || event.consumerCustomId;
    remember(this.#prefixes, hash32(caller.prefix));
    remember(this.#wider, hash32(widerOf(caller.prefix)));
    if (event.asn !== 0) remember(this.#asns, event.asn);
  }

  /** Whether the event comes from a network, a neighbouring one (/16, /32) or the same autonomous system. */
  isHome(event: ApiEvent, caller: Caller): boolean {
    if (this.#prefixes.includes(hash32(caller.prefix))) return true;
    if (this.#asns.length > 0 && event.asn !== 0) return this.#asns.includes(event.asn);
    return this.#wider.includes(hash32(widerOf(caller.prefix)));
  }

  refused(event: ApiEvent, at: number, caller: Caller): void {
    if (this.isHome(event, caller)) (this.#home ??= new Ring()).add(at);
    else {
      (this.#elsewhere ??= new Ring()).add(at);
      if (this.#isStrange(event, caller)) (this.#strange ??= new Ring()).add(at);
    }
  }

  refusedSince(since: number): { readonly elsewhere: number; readonly strange: number; readonly atHome: number } {
    return {
      elsewhere: this.#elsewhere?.since(since) ?? 0,
      strange: this.#strange?.since(since) ?? 0,
      atHome: this.#home?.since(since) ?? 0,
    };
  }

  #isStrange({ userAgent }: ApiEvent, { agent }: Caller): boolean {
    if (userAgent === '' || this.#lastAgent === '' || this.#clients.length >= MAX_CLIENTS) return false;
    return !this.#clients.includes(hash32(agentTerm(agent)));
  }
}

/** The latest 64 times. */
class Ring {
  readonly #times = new Float64Array(MAX_REFUSED).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  add(at: number): void {
    this.#times[this.#next] = at;
    this.#next = (this.#next + 1) % MAX_REFUSED;
  }

  since(since: number): number {
    let n = 0;
    for (const time of this.#times) if (time >= since) n++;
    return n;
  }
}

const remember = (list: number[], term: number): void => {
  if (list.length < MAX_NETWORKS && !list.includes(term)) list.push(term);
};

/** `192.0.2.0/24` → `192.0`; `2001:db8:1::/48` → `2001:db8`. */
const widerOf = (prefix: string): string => {
  const separator = prefix.includes(':') ? ':' : '.';
  const first = prefix.indexOf(separator);
  const second = prefix.indexOf(separator, first + 1);
  return second < 0 ? prefix : prefix.slice(0, second);
};
