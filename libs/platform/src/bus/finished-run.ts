/**
 * Which offsets of one partition are finished, and how far that allows to commit: never past an unfinished message, and never into the
 * middle of a planned block (a block that is stored under one token must come back whole after a crash).
 */
export class FinishedRun {
  readonly #finished = new Set<number>();
  readonly #plans: number[];
  #next: number;
  #blockStart: number;

  /** `committed`: first offset that is not committed. `plans`: last offsets of planned blocks, ascending. */
  constructor(committed: number, plans: readonly number[]) {
    this.#next = committed;
    this.#blockStart = committed;
    this.#plans = plans.filter((through) => through >= committed).sort((a, b) => a - b);
  }

  finish(offset: number): void {
    if (offset < this.#next) return;
    this.#finished.add(offset);
    while (this.#finished.delete(this.#next)) this.#next += 1;
    this.#passBlocks();
  }

  /** Everything uncommitted up to `through` that no earlier plan covers will be one block. */
  plan(through: number): void {
    const last = this.#plans.at(-1);
    if (through < this.#next || (last !== undefined && through <= last)) return;
    if (last === undefined) this.#blockStart = this.#next;
    this.#plans.push(through);
  }

  /** Last offset of the planned block that holds `offset`. */
  planOf(offset: number): number | undefined {
    if (offset < this.#blockStart) return undefined;
    return this.#plans.find((through) => through >= offset);
  }

  /** First offset that may not be committed yet. */
  get committable(): number {
    return this.#plans.length > 0 ? this.#blockStart : this.#next;
  }

  get plans(): readonly number[] {
    return this.#plans;
  }

  #passBlocks(): void {
    while (this.#plans.length > 0) {
      const through = this.#plans[0] ?? 0;
      if (this.#next <= through) return;
      this.#plans.shift();
      this.#blockStart = through + 1;
    }
  }
}
