import { hash32 } from '../../duplicates/hash64.ts';
import { DAY_MS } from '../../windows/time.ts';
import type { GraphqlAbuseSettings } from './graphql-abuse.settings.ts';

/** Half octaves from 1 byte to 2^20 and more. */
const BINS = 42;
const MAX_CALLERS = 16;
/** Part of the bodies that may be larger than what counts as usual. */
const RARE = 0.001;

/** The sizes of one GraphQL endpoint's request bodies. About 0.4 KB. */
export class BodySizes {
  readonly #bins = new Uint32Array(BINS);
  /** Callers that send such as are out of proportion, and when each was first told. */
  readonly #senders = new Map<number, number>();
  #count = 0;

  /** Bytes from which a body is out of all proportion; Infinity while too little is known. */
  limit(s: GraphqlAbuseSettings): number {
    if (this.#count < s.bulkyKnown) return Number.POSITIVE_INFINITY;
    let above = 0;
    let bin = BINS - 1;
    while (bin > 0 && above + (this.#bins[bin] ?? 0) <= RARE * this.#count) above += this.#bins[bin--] ?? 0;
    return Math.max(s.bulkyBytes, s.bulkyOverUsual * 2 ** ((bin + 1) / 2));
  }

  add(bytes: number): void {
    const bin = Math.min(BINS - 1, Math.floor(2 * Math.log2(Math.max(1, bytes))));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#count++;
  }

  /** A body out of proportion: true while it is news. From several callers, or from one for more than a day, it is this endpoint's way. */
  isNews(callerKey: string, at: number, usualCallers: number): boolean {
    const key = hash32(callerKey);
    const since = this.#senders.get(key);
    if (since === undefined && this.#senders.size < MAX_CALLERS) this.#senders.set(key, at);
    return this.#senders.size <= usualCallers && at - (since ?? at) <= DAY_MS;
  }
}
