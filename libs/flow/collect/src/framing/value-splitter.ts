import type { EntrySink } from './entry-sink.ts';
import { PartialEntry, type PartialBudget } from './partial-entry.ts';

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * Splits a stream of JSON into entries without parsing it: the elements of top-level arrays (one or several, one after the other) and
 * top-level objects, however they are laid out. It follows strings and nesting only; whether an entry is JSON is seen when it is read.
 * So an array of any length needs the memory of one element.
 */
export class ValueSplitter {
  readonly #partial: PartialEntry;
  #inArray = false;
  /** Nesting within the current entry. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inValue = false;

  constructor(
    private readonly sink: EntrySink,
    private readonly maxBytes: number,
    budget: PartialBudget,
  ) {
    this.#partial = new PartialEntry(maxBytes, budget);
  }

  push(chunk: Buffer): void {
    let valueStart = 0;
    let i = 0;
    while (i < chunk.length) {
      if (this.#inString) {
        i = this.#skipString(chunk, i);
        continue;
      }
      const c = chunk[i] as number;
      if (!this.#inValue) {
        if (c <= 32 || c === COMMA) i++;
        else if (c === OPEN_ARRAY && !this.#inArray) {
          this.#inArray = true;
          i++;
        } else if (c === CLOSE_ARRAY && this.#inArray) {
          this.#inArray = false;
          i++;
        } else {
          this.#inValue = true;
          valueStart = i;
        }
        continue;
      }
      if (this.#depth === 0 && this.#endsBefore(c)) {
        this.#finish(chunk, valueStart, i);
        continue;
      }
      i++;
      if (c === QUOTE) this.#inString = true;
      else if (c === OPEN_OBJECT || c === OPEN_ARRAY) this.#depth++;
      else if ((c === CLOSE_OBJECT || c === CLOSE_ARRAY) && this.#depth > 0 && --this.#depth === 0)
        this.#finish(chunk, valueStart, i);
    }
    if (this.#inValue) this.#partial.append(chunk, valueStart, chunk.length);
  }

  /** The stream ended: an unfinished entry, and an array that was never closed, are handed on as what they are. */
  end(): void {
    if (this.#inValue) this.#finish(EMPTY, 0, 0);
    else if (this.#inArray) this.sink.entry(UNCLOSED, 0, UNCLOSED.length);
    this.#partial.dispose();
  }

  /** Scalars and garbage end at a separator. */
  #endsBefore(c: number): boolean {
    return c === COMMA || c === 10 || c === 13 || (c === CLOSE_ARRAY && this.#inArray);
  }

  #skipString(chunk: Buffer, from: number): number {
    let i = from;
    if (this.#escaped && i < chunk.length) {
      this.#escaped = false;
      i++;
    }
    for (; i < chunk.length; i++) {
      const c = chunk[i];
      if (c === QUOTE) {
        this.#inString = false;
        return i + 1;
      }
      if (c === BACKSLASH && ++i === chunk.length) this.#escaped = true;
    }
    return chunk.length;
  }

  /** The stream broke off: what is unfinished is forgotten. */
  dispose(): void {
    this.#partial.clear();
    this.#partial.dispose();
  }

  #finish(chunk: Buffer, start: number, end: number): void {
    this.#inValue = false;
    this.#inString = false;
    this.#escaped = false;
    this.#depth = 0;
    if (this.#partial.isEmpty && end - start <= this.maxBytes) {
      this.sink.entry(chunk, start, end);
      return;
    }
    this.#partial.append(chunk, start, end);
    const bytes = this.#partial.bytes();
    if (this.#partial.isTooLong) this.sink.tooLong(Buffer.from(bytes), this.#partial.totalBytes);
    else this.sink.entry(bytes, 0, bytes.length);
    this.#partial.clear();
  }
}

const EMPTY = Buffer.alloc(0);
const UNCLOSED = Buffer.from('[');
