/** Sums of a sliding window that contains a certain part: the greatest, and the part it ends with. */
export interface BestWindow {
  readonly sum: number;
  readonly end: number;
}

/**
 * Counts by part of a window, for one group; only parts that hold something take room. Any order of arrival within reach gives the same
 * counts.
 */
export class PartCounts {
  readonly #parts: number[] = [];
  readonly #counts: number[] = [];

  /** `window` and `reach` in parts; what is `reach` or more parts older than the newest is too late. */
  constructor(
    private readonly window: number,
    private readonly reach: number,
  ) {}

  get head(): number {
    return this.#parts.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  /** False when it is too late. */
  add(part: number, n = 1): boolean {
    const parts = this.#parts;
    const head = this.head;
    if (part > head) {
      parts.push(part);
      this.#counts.push(n);
      this.#prune(part);
      return true;
    }
    if (part <= head - this.reach) return false;
    let at = parts.length - 1;
    while (at >= 0 && (parts[at] ?? 0) > part) at--;
    if (parts[at] === part) this.#counts[at] = (this.#counts[at] ?? 0) + n;
    else {
      parts.splice(at + 1, 0, part);
      this.#counts.splice(at + 1, 0, n);
    }
    return true;
  }

  /** Counts in the window that ends with this part. */
  sumAt(end: number): number {
    let sum = 0;
    for (let i = this.#parts.length - 1; i >= 0; i--) {
      const part = this.#parts[i] ?? 0;
      if (part <= end - this.window) break;
      if (part <= end) sum += this.#counts[i] ?? 0;
    }
    return sum;
  }

  /** The fullest window that holds this part. A window ends with a part that holds something. */
  bestAround(part: number): BestWindow {
    if (part >= this.head) return { sum: this.sumAt(part), end: part };
    let best: BestWindow = { sum: 0, end: part };
    for (const end of this.ends(part, part + this.window - 1)) {
      const sum = this.sumAt(end);
      if (sum > best.sum) best = { sum, end };
    }
    return best;
  }

  /** Parts from `from` to `to` that hold something. */
  ends(from: number, to: number): number[] {
    return this.#parts.filter((part) => part >= from && part <= to);
  }

  #prune(head: number): void {
    const oldest = head - this.reach - this.window;
    let gone = 0;
    while ((this.#parts[gone] ?? head) <= oldest) gone++;
    if (gone === 0) return;
    this.#parts.splice(0, gone);
    this.#counts.splice(0, gone);
  }
}
