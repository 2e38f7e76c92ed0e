import type { EntrySink } from './entry-sink.ts';
import { LineFramer } from './line-framer.ts';
import type { PartialBudget } from './partial-entry.ts';
import { ValueSplitter } from './value-splitter.ts';

const OPEN_ARRAY = 91;
const OPEN_OBJECT = 123;
const COMMA = 44;
const LF = 10;
/** A first line longer than this is no beginning of an indented object. */
const MAX_SNIFFED = 65_536;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

interface Framer {
  push(chunk: Buffer): void;
  end(): void;
  dispose(): void;
}

/**
 * Entries out of a body or a file in any of the forms that Kong's loggers and people's scripts make: one object (also indented), an array,
 * several arrays, one entry or one array a line. Decided by the first bytes, unless `lines` says that it is NDJSON.
 */
export class EntrySplitter {
  #chosen: Framer | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(
    private readonly sink: EntrySink,
    private readonly maxBytes: number,
    private readonly budget: PartialBudget,
    private readonly lines = false,
  ) {}

  push(chunk: Buffer): void {
    if (this.#chosen) {
      this.#chosen.push(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    const beginning = withoutBom(Buffer.concat(this.#held));
    this.#held = [beginning];
    const chosen = this.#choose(beginning, this.#heldBytes >= MAX_SNIFFED);
    if (chosen) this.#start(chosen, beginning);
  }

  end(): void {
    if (!this.#chosen) {
      const beginning = Buffer.concat(this.#held);
      this.#start(this.#choose(beginning, true) ?? this.#byLine(), beginning);
    }
    this.#chosen?.end();
  }

  /** The body broke off: what is unfinished is forgotten. */
  dispose(): void {
    this.#chosen?.dispose();
    this.#held = [];
  }

  #start(chosen: Framer, beginning: Buffer): void {
    this.#chosen = chosen;
    this.#held = [];
    chosen.push(beginning);
  }

  #choose(beginning: Buffer, isAll: boolean): Framer | undefined {
    const first = firstMeaningful(beginning);
    if (first === -1) return isAll ? this.#byLine() : undefined;
    if (this.lines || (beginning[first] !== OPEN_ARRAY && beginning[first] !== OPEN_OBJECT)) return this.#byLine();
    if (beginning[first] === OPEN_ARRAY) return this.#byValue();
    const end = beginning.indexOf(LF, first);
    if (end === -1) return isAll ? this.#byLine() : undefined;
    return endsOpen(beginning, first, end) ? this.#byValue() : this.#byLine();
  }

  #byValue(): Framer {
    return new ValueSplitter(this.sink, this.maxBytes, this.budget);
  }

  #byLine(): Framer {
    const { sink, maxBytes, budget } = this;
    return new LineFramer(
      {
        entry: (bytes, start, end) => {
          const first = firstMeaningful(bytes, start, end);
          if (first === -1) return;
          if (bytes[first] !== OPEN_ARRAY) {
            sink.entry(bytes, start, end);
            return;
          }
          const array = new ValueSplitter(sink, maxBytes, budget);
          array.push(bytes.subarray(start, end));
          array.end();
        },
        tooLong: (beginning, totalBytes) => sink.tooLong(beginning, totalBytes),
      },
      maxBytes,
      budget,
    );
  }
}

const firstMeaningful = (bytes: Buffer, start = 0, end = bytes.length): number => {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > 32) return i;
  return -1;
};

/** Whether a line stops in the middle of an object that goes on: `{`, `{"a": [` or a trailing comma. */
const endsOpen = (bytes: Buffer, start: number, end: number): boolean => {
  let last = end - 1;
  while (last > start && (bytes[last] as number) <= 32) last--;
  const c = bytes[last];
  return c === OPEN_OBJECT || c === OPEN_ARRAY || c === COMMA;
};

const withoutBom = (bytes: Buffer): Buffer => (bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes);
