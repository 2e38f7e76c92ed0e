import type { EntrySink } from './entry-sink.ts';
import { PartialEntry, type PartialBudget } from './partial-entry.ts';

const LF = 10;
const CR = 13;

/**
 * Splits a byte stream at LF, wherever the packets were cut. A line that lies whole in one packet is handed on in place, without a copy.
 * Lines over `maxBytes` are skipped to their end without being kept. Empty lines are nothing.
 */
export class LineFramer {
  readonly #partial: PartialEntry;

  constructor(
    private readonly sink: EntrySink,
    private readonly maxBytes: number,
    budget: PartialBudget,
  ) {
    this.#partial = new PartialEntry(maxBytes, budget);
  }

  push(chunk: Buffer): void {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(LF, at);
      if (end === -1) break;
      if (this.#partial.isEmpty) this.#emit(chunk, at, end);
      else this.#finish(chunk, at, end);
      at = end + 1;
    }
    if (at < chunk.length) this.#partial.append(chunk, at, chunk.length);
  }

  /** The stream ended: what is left is the last line. */
  end(): void {
    if (!this.#partial.isEmpty) this.#finish(EMPTY, 0, 0);
    this.#partial.dispose();
  }

  /** The stream broke off: what is unfinished is forgotten. */
  dispose(): void {
    this.#partial.clear();
    this.#partial.dispose();
  }

  #finish(chunk: Buffer, start: number, end: number): void {
    this.#partial.append(chunk, start, end);
    const bytes = this.#partial.bytes();
    if (this.#partial.isTooLong) this.sink.tooLong(Buffer.from(bytes), this.#partial.totalBytes);
    else this.#emit(bytes, 0, bytes.length);
    this.#partial.clear();
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    if (end - start > this.maxBytes) {
      this.sink.tooLong(Buffer.from(bytes.subarray(start, Math.min(end, start + 4_096))), end - start);
      return;
    }
    if (end === start || (end === start + 1 && bytes[start] === CR)) return;
    this.sink.entry(bytes, start, end);
  }
}

const EMPTY = Buffer.alloc(0);
