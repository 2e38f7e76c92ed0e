/** Requests up to this size are not kept singly: they are all small; bytes. */
export const SMALL_BYTES = 65_536;
const BINS = 20;
/** Time for which a large request says nothing about what is usual for its own caller; ms. */
const OWN_MS = 3_600_000;
const MAX_FRESH = 64;

interface Large {
  readonly at: number;
  readonly bin: number;
  readonly caller: string;
}

/** Large requests of one endpoint or service by doublings of 64 KiB; those of the last hour with their caller. */
export class SizeHistogram {
  readonly #bins = new Uint32Array(BINS);
  #fresh: Large[] = [];

  add(bytes: number, at: number, caller: string): void {
    if (this.#fresh.length >= MAX_FRESH) this.#settle(at);
    this.#fresh.push({ at, bin: binOf(bytes), caller });
  }

  /** Upper edge of the 99.9th percentile of `requests`, what `caller` sent within the last hour left out; bytes. */
  usual(requests: number, at: number, caller: string): number {
    const counts = Uint32Array.from(this.#bins);
    for (const large of this.#fresh)
      if (large.caller !== caller || at - large.at > OWN_MS) counts[large.bin] = (counts[large.bin] ?? 0) + 1;
    let above = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      above += counts[bin] ?? 0;
      if (above > 0.001 * requests) return SMALL_BYTES * 2 ** (bin + 1);
    }
    return SMALL_BYTES;
  }

  /** Large requests that `caller` sent within the last hour, as far as they are kept. */
  own(at: number, caller: string): number {
    return this.#fresh.filter((large) => large.caller === caller && at - large.at <= OWN_MS).length;
  }

  /** The older half, or what is older than an hour, is everybody's from now on. */
  #settle(at: number): void {
    const keep = this.#fresh.filter((large, i) => at - large.at <= OWN_MS && i >= MAX_FRESH / 2);
    for (const large of this.#fresh)
      if (!keep.includes(large)) this.#bins[large.bin] = (this.#bins[large.bin] ?? 0) + 1;
    this.#fresh = keep;
  }
}

const binOf = (bytes: number): number => Math.min(BINS - 1, Math.max(0, Math.floor(Math.log2(bytes / SMALL_BYTES))));
