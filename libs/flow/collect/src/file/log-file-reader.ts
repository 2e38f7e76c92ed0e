import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { CallerError } from '@outrider/platform/errors';
import type { Clock } from '@outrider/ports/clock';
import { DEFAULT_LIMITS } from '../collect-limits.ts';
import type { EntryReader } from '../entry/entry-reader.ts';
import type { Outcome } from '../entry/outcome.ts';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { RawObject } from '../entry/raw-value.ts';
import type { DeadLetter } from '@outrider/ports/event-store';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { KEPT_BEGINNING } from '../framing/entry-sink.ts';
import { EntrySplitter } from '../framing/entry-splitter.ts';
import { PartialBudget } from '../framing/partial-entry.ts';
import { enclosedIn, entryOf, pieceIn, type Piece } from './envelope.ts';
import { inflated, UnknownCompression } from './inflated.ts';

/** What one piece of a file held. */
export interface FileChunk {
  readonly events: readonly ApiEvent[];
  /** Entries that could not be read; the first MAX_LETTERS of the chunk as letters. */
  readonly refused: number;
  readonly deadLetters: readonly DeadLetter[];
  /** Bytes of the file (compressed, where it is) read so far, and in all (-1 for a stream). */
  readonly readBytes: number;
  readonly totalBytes: number;
}

export interface FileReaderParts {
  readonly reader: EntryReader;
  readonly from: GatewayContext;
  readonly clock: Clock;
}

const READ_BYTES = 262_144;
const ENTRY_BYTES = DEFAULT_LIMITS.entryBytes;
/** One answer of a search engine holds thousands of entries. */
const ENVELOPE_BYTES = 64 * 1_024 * 1_024;
/** A file that is all garbage must not become a heap of letters. */
const MAX_LETTERS = 100;

/** Reads one file of log entries. Throws CallerError when it cannot be read. */
export async function* readLogFile(path: string, parts: FileReaderParts): AsyncGenerator<FileChunk> {
  const size = await sizeOf(path);
  yield* readLogStream(createReadStream(path, { highWaterMark: READ_BYTES }), parts, { name: path, totalBytes: size });
}

/**
 * Entries of a stream in any form: NDJSON (tcp-log, file-log), arrays (http-log), one object, one array of everything, or any of these as
 * a log collector wrapped them (envelope.ts); gzip and UTF-16 by their first bytes. Memory is that of one chunk and one line, however long
 * the stream. Throws CallerError when it cannot be read, its gzip is damaged, or it is compressed in another way.
 */
export async function* readLogStream(
  stream: Readable,
  parts: FileReaderParts,
  about: { readonly name: string; readonly totalBytes: number } = { name: 'standard input', totalBytes: -1 },
): AsyncGenerator<FileChunk> {
  const gathered = new Gathered(parts);
  const splitter = new EntrySplitter(gathered, ENVELOPE_BYTES, new PartialBudget(4 * ENVELOPE_BYTES));
  const progress = { readBytes: 0 };
  try {
    for await (const chunk of inflated(stream, progress, READ_BYTES)) {
      splitter.push(chunk);
      yield gathered.take(progress.readBytes, about.totalBytes);
    }
  } catch (error) {
    if (error instanceof UnknownCompression) throw new CallerError(`${about.name} ${error.message}`, 'unreadable-file');
    throw new CallerError(`${about.name} cannot be read (${codeOf(error)})`, 'unreadable-file', 400, { cause: error });
  }
  splitter.end();
  gathered.end();
  yield gathered.take(progress.readBytes, about.totalBytes);
}

class Gathered {
  #events: ApiEvent[] = [];
  #letters: DeadLetter[] = [];
  #refused = 0;
  /** Whether the last line was one of a log collector: then the next one will be. */
  #enclosed = false;
  /** What there is of an entry that was cut into several lines. */
  #piece: Piece | undefined;

  constructor(private readonly parts: FileReaderParts) {}

  entry(bytes: Buffer, start: number, end: number): void {
    if (!this.#enclosed && !this.#piece) {
      const outcome = this.#plain(bytes, start, end);
      if (outcome.kind === 'pass' || outcome.reason === 'bad-time') {
        this.#add(outcome);
        return;
      }
    }
    const text = bytes.toString('utf8', start, end);
    const whole = enclosedIn(text);
    if (whole) this.end();
    const entries = whole ?? this.#joined(text);
    this.#enclosed = entries !== undefined;
    if (entries === undefined) this.#add(this.#plain(bytes, start, end));
    else for (const entry of entries) this.#add(this.#object(entry));
  }

  /** The rest of an entry does not come any more. */
  end(): void {
    if (!this.#piece) return;
    const bytes = Buffer.from(this.#piece.text);
    this.#piece = undefined;
    this.#add(this.#plain(bytes, 0, bytes.length));
  }

  tooLong(beginning: Buffer, totalBytes: number): void {
    const { reader, from, clock } = this.parts;
    this.#add(reader.tooLong(beginning, totalBytes, from, clock.now(), 'file'));
  }

  take(readBytes: number, totalBytes: number): FileChunk {
    const chunk = { events: this.#events, refused: this.#refused, deadLetters: this.#letters, readBytes, totalBytes };
    this.#refused = 0;
    this.#events = [];
    this.#letters = [];
    return chunk;
  }

  #plain(bytes: Buffer, start: number, end: number): Outcome {
    const { reader, from, clock } = this.parts;
    if (end - start <= ENTRY_BYTES) return reader.read(bytes, start, end, from, clock.now(), 'file');
    const beginning = bytes.subarray(start, Math.min(end, start + KEPT_BEGINNING));
    return reader.tooLong(beginning, end - start, from, clock.now(), 'file');
  }

  #object(entry: RawObject): Outcome {
    const { reader, from, clock } = this.parts;
    return reader.readObject(entry, from, clock.now(), 'file');
  }

  /** No entries while pieces are missing; undefined when the line is no piece of one. */
  #joined(line: string): readonly RawObject[] | undefined {
    const piece = pieceIn(line);
    const begun = this.#piece;
    if (piece === undefined || (begun && begun.stream !== piece.stream)) return undefined;
    if (!begun && !piece.text.startsWith('{')) return undefined;
    const text = (begun?.text ?? '') + piece.text;
    const entry = entryOf(text);
    this.#piece = entry ? undefined : { stream: piece.stream, text };
    if (text.length > ENTRY_BYTES) this.end();
    return entry ? [entry] : [];
  }

  #add(outcome: Outcome): void {
    if (outcome.kind === 'pass') {
      this.#events.push(outcome.event);
      return;
    }
    this.#refused++;
    if (this.#letters.length < MAX_LETTERS) this.#letters.push(outcome.letter());
  }
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new CallerError(`${path} is a folder`, 'unreadable-file');
    return found.isFile() ? found.size : -1;
  } catch (error) {
    if (error instanceof CallerError) throw error;
    throw new CallerError(`${path} cannot be read (${codeOf(error)})`, 'unreadable-file', 400, { cause: error });
  }
};

/** The system's own code (ENOENT, EACCES, Z_DATA_ERROR), never the path's content. */
const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
};
