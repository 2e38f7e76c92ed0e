/**
 * Distinct values by part of a window, for one group. Any order of arrival within reach gives the same sets. A part holds `perPart` values
 * at most: a rule's limit is well below that.
 */
export class PartValues {
  readonly #parts: number[] = [];
  readonly #values: Set<string>[] = [];
  /** Values of the newest window → the number of its parts that hold them. */
  readonly #newest = new Map<string, number>();

  constructor(
    private readonly window: number,
    private readonly reach: number,
    private readonly perPart: number,
  ) {}

  get head(): number {
    return this.#parts.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  /** How many values more it holds now than before; undefined when the event is too late. */
  add(part: number, value: string): number | undefined {
    const head = this.head;
    if (part <= head - this.reach) return undefined;
    let change = 0;
    if (part > head) {
      this.#parts.push(part);
      this.#values.push(new Set());
      change -= this.#advance(head, part);
    }
    const values = this.#at(part);
    if (values.has(value) || values.size >= this.perPart) return change;
    values.add(value);
    if (part > this.head - this.window) this.#newest.set(value, (this.#newest.get(value) ?? 0) + 1);
    return change + 1;
  }

  /** Most distinct values in a window that holds this part, and the part it ends with. */
  bestAround(part: number): { readonly sum: number; readonly end: number } {
    const head = this.head;
    let best = { sum: part > head - this.window ? this.#newest.size : 0, end: head };
    if (part >= head) return best;
    for (const end of this.#parts) {
      if (end < part || end > part + this.window - 1 || end === head) continue;
      const sum = this.#distinct(end);
      if (sum > best.sum) best = { sum, end };
    }
    return best;
  }

  #distinct(end: number): number {
    const all = new Set<string>();
    for (const [i, part] of this.#parts.entries())
      if (part <= end && part > end - this.window) for (const value of this.#values[i] ?? []) all.add(value);
    return all.size;
  }

  #at(part: number): Set<string> {
    let at = this.#parts.length - 1;
    while (at >= 0 && (this.#parts[at] ?? 0) > part) at--;
    const known = this.#parts[at] === part ? this.#values[at] : undefined;
    if (known) return known;
    const made = new Set<string>();
    this.#parts.splice(at + 1, 0, part);
    this.#values.splice(at + 1, 0, made);
    return made;
  }

  /** The newest window moved: what left it is no longer in its count, what is out of reach is forgotten. Returns how many values that were. */
  #advance(before: number, head: number): number {
    let gone = 0;
    let forgotten = 0;
    for (const [i, part] of this.#parts.entries()) {
      const values = this.#values[i] ?? new Set<string>();
      if (part > before - this.window && part <= head - this.window)
        for (const value of values) {
          const left = (this.#newest.get(value) ?? 1) - 1;
          if (left <= 0) this.#newest.delete(value);
          else this.#newest.set(value, left);
        }
      if (part <= head - this.reach - this.window) {
        gone = i + 1;
        forgotten += values.size;
      }
    }
    this.#parts.splice(0, gone);
    this.#values.splice(0, gone);
    return forgotten;
  }
}
