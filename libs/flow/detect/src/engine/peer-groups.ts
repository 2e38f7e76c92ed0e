import type { PeerView } from '../detectors/request-spike/request-spike.detector.ts';

const BINS = 256;
const BINS_A_DOUBLING = 8;
const MAX_GROUPS = 65_535;

const binOf = (count: number): number =>
  count <= 0 ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log2(count) * BINS_A_DOUBLING));
const upperEdge = (bin: number): number => (bin === 0 ? 0 : 2 ** (bin / BINS_A_DOUBLING));

/** How busy the callers of one tenant and kind ever were: a histogram of their busiest five minutes (to 9 %), kept up to date. */
export class PeerGroups {
  readonly #ids = new Map<string, number>();
  readonly #histograms: Uint32Array[] = [];

  /** Small number of a group, made now if new. Beyond the bound all share one. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.#histograms.length >= MAX_GROUPS) return 0;
    this.#ids.set(name, this.#histograms.length);
    return this.#histograms.push(new Uint32Array(BINS)) - 1;
  }

  /** A caller's busiest five minutes went from `before` to `after`; 0 = it was not, or is no longer, there. */
  move(group: number, before: number, after: number): void {
    const histogram = this.#histograms[group];
    if (!histogram) return;
    const from = binOf(before);
    const to = binOf(after);
    if (from === to) return;
    if (from > 0) histogram[from] = Math.max(0, (histogram[from] ?? 0) - 1);
    if (to > 0) histogram[to] = (histogram[to] ?? 0) + 1;
  }

  /** The others, seen from a caller whose own busiest five minutes are `own`. */
  view(group: number, own: number): PeerView {
    const histogram = this.#histograms[group];
    if (!histogram) return { callers: 0, q90: 0, max: 0 };
    const ownBin = binOf(own);
    const others = (bin: number): number => (histogram[bin] ?? 0) - (bin === ownBin && bin > 0 ? 1 : 0);
    let callers = 0;
    for (let bin = 1; bin < BINS; bin++) callers += others(bin);
    if (callers <= 0) return { callers: 0, q90: 0, max: 0 };
    let seen = 0;
    let q90 = 0;
    let max = 0;
    for (let bin = 1; bin < BINS; bin++) {
      const n = others(bin);
      if (n <= 0) continue;
      if (seen < callers * 0.9) q90 = upperEdge(bin);
      seen += n;
      max = upperEdge(bin);
    }
    return { callers, q90, max };
  }
}
