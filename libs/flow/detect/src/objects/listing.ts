import { HOUR_MS, WINDOW_MS } from '../windows/time.ts';
import { Spans, sumAt } from './walk.ts';

const SLOTS = 12;
/** The same list so much later, of which nothing was read meanwhile, names what it named; ms. */
const SAME_LIST_MS = 60_000;

/** A list that a caller was given, by template. */
export class Listing {
  readonly #counts = new Spans(HOUR_MS);
  /** What it created, as parts of lists. */
  #created: Spans | undefined;
  /** Lists of the last hour in windows of five minutes. */
  readonly #slots = new Float32Array(SLOTS);
  #window = Number.NEGATIVE_INFINITY;
  /** Outline of the query of the latest list. */
  query = '';
  #part = 0;
  /** Something of it was read for the first time since the latest one. */
  read = true;
  /** The latest list or creation, and the latest list. */
  latestAt = Number.NEGATIVE_INFINITY;
  listedAt = Number.NEGATIVE_INFINITY;

  /** `part` of a list that names as many objects as lists do. `query`: its outline; undefined: not a list but a creation. */
  add(at: number, part: number, query: string | undefined): void {
    const again = !this.read && query === this.query && !query.includes(':') && at - this.listedAt >= SAME_LIST_MS;
    const more = again ? Math.max(0, part - this.#part) : part;
    if (query !== undefined) {
      this.query = query;
      this.#part = again ? Math.max(part, this.#part) : part;
      this.read = false;
      this.listedAt = Math.max(at, this.listedAt);
      this.#turn(at);
      this.#slots[this.#window % SLOTS] = (this.#slots[this.#window % SLOTS] ?? 0) + more;
    } else (this.#created ??= new Spans(HOUR_MS)).add(at, part, true);
    this.#counts.add(at, more, true);
    if (at > this.latestAt) this.latestAt = at;
  }

  #turn(at: number): void {
    const window = Math.floor(at / WINDOW_MS);
    if (window <= this.#window) return;
    if (window - this.#window >= SLOTS) this.#slots.fill(0);
    else for (let w = this.#window + 1; w <= window; w++) this.#slots[w % SLOTS] = 0;
    this.#window = window;
  }

  /**
   * Lists given at `since` (ms) or later, unless the latest one came before `latest`, and what it created in one to two hours. Of longer than an
   * hour ago: of the last one to two hours.
   */
  countSince(since: number, at: number, latest = since): number {
    const created = sumAt(this.#created, at);
    if (this.listedAt < latest) return created;
    const first = Math.floor(since / WINDOW_MS);
    if (at - since > (SLOTS - 1) * WINDOW_MS) return this.countAt(at);
    this.#turn(at);
    let sum = created;
    for (let w = Math.max(first, this.#window - SLOTS + 1); w <= this.#window; w++) sum += this.#slots[w % SLOTS] ?? 0;
    return sum;
  }

  /** Of the last one to two hours; parts of lists count as such. */
  countAt(at: number): number {
    this.#counts.add(at, 0, true);
    return this.#counts.sum;
  }
}
