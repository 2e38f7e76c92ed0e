import { KEPT_BEGINNING } from './entry-sink.ts';

const FIRST_CAPACITY = 4_096;
/** A larger buffer is given back after use: a connection that once sent a huge line must not hold its memory. */
const KEPT_CAPACITY = 65_536;

/** Memory for unfinished entries, shared by all connections of a process; in bytes. */
export class PartialBudget {
  #used = 0;

  constructor(private readonly maxBytes: number) {}

  reserve(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }

  get usedBytes(): number {
    return this.#used;
  }
}

/**
 * The beginning of an entry whose end has not arrived: one buffer that doubles, so each byte is copied a bounded number of times.
 * Past `maxBytes` (or when the shared budget is used up) only the first KEPT_BEGINNING bytes are kept and the rest is counted.
 */
export class PartialEntry {
  #buffer: Buffer | undefined;
  #length = 0;
  #total = 0;
  #skipping = false;

  constructor(
    private readonly maxBytes: number,
    private readonly budget: PartialBudget,
  ) {}

  get isEmpty(): boolean {
    return this.#total === 0;
  }

  get isTooLong(): boolean {
    return this.#skipping;
  }

  /** All bytes of the entry so far, kept or not. */
  get totalBytes(): number {
    return this.#total;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#total += size;
    if (this.#skipping) return;
    if (this.#total > this.maxBytes || !this.#makeRoom(this.#total)) {
      this.#skip(bytes, start, end);
      return;
    }
    bytes.copy(this.#buffer as Buffer, this.#length, start, end);
    this.#length += size;
  }

  /** The kept bytes; valid until the next call of `clear`. */
  bytes(): Buffer {
    return this.#buffer === undefined ? Buffer.alloc(0) : this.#buffer.subarray(0, this.#length);
  }

  /** Ready for the next entry. */
  clear(): void {
    this.#length = 0;
    this.#total = 0;
    this.#skipping = false;
    if (this.#buffer !== undefined && this.#buffer.length > KEPT_CAPACITY) this.dispose();
  }

  /** Gives all memory back. */
  dispose(): void {
    if (this.#buffer !== undefined) this.budget.release(this.#buffer.length);
    this.#buffer = undefined;
  }

  #makeRoom(needed: number): boolean {
    const capacity = this.#buffer?.length ?? 0;
    if (needed <= capacity) return true;
    let grown = Math.max(FIRST_CAPACITY, capacity);
    while (grown < needed) grown *= 2;
    if (!this.budget.reserve(grown - capacity)) return false;
    const buffer = Buffer.allocUnsafeSlow(grown);
    this.#buffer?.copy(buffer, 0, 0, this.#length);
    this.#buffer = buffer;
    return true;
  }

  #skip(bytes: Buffer, start: number, end: number): void {
    this.#skipping = true;
    const beginning = Buffer.alloc(Math.min(KEPT_BEGINNING, this.#length + (end - start)));
    const had = Math.min(this.#length, beginning.length);
    this.#buffer?.copy(beginning, 0, 0, had);
    bytes.copy(beginning, had, start, start + beginning.length - had);
    this.dispose();
    // Taken even when the budget is used up: small, bounded by the number of connections, and skipping must always work.
    this.budget.release(-beginning.length);
    this.#buffer = beginning;
    this.#length = beginning.length;
  }
}
