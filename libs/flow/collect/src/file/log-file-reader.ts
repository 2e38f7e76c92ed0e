import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CallerError } from '@outrider/platform/errors';
import type { Clock } from '@outrider/ports/clock';
import { DEFAULT_LIMITS } from '../collect-limits.ts';
import type { EntryReader } from '../entry/entry-reader.ts';
import type { Outcome } from '../entry/outcome.ts';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { DeadLetter } from '@outrider/ports/event-store';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { EntrySplitter } from '../framing/entry-splitter.ts';
import { PartialBudget } from '../framing/partial-entry.ts';

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
/** A file that is all garbage must not become a heap of letters. */
const MAX_LETTERS = 100;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Reads one file of log entries. Throws CallerError when it cannot be read. */
export async function* readLogFile(path: string, parts: FileReaderParts): AsyncGenerator<FileChunk> {
  const size = await sizeOf(path);
  yield* readLogStream(createReadStream(path, { highWaterMark: READ_BYTES }), parts, { name: path, totalBytes: size });
}

/**
 * Entries of a stream in any form: NDJSON (tcp-log, file-log), arrays (http-log), one object, one array of everything; gzip by its magic
 * bytes. Memory is that of one chunk, however long the stream. Throws CallerError when it cannot be read or its gzip is damaged.
 */
export async function* readLogStream(
  stream: Readable,
  parts: FileReaderParts,
  about: { readonly name: string; readonly totalBytes: number } = { name: 'standard input', totalBytes: -1 },
): AsyncGenerator<FileChunk> {
  const gathered = new Gathered(parts);
  const splitter = new EntrySplitter(
    gathered,
    DEFAULT_LIMITS.entryBytes,
    new PartialBudget(4 * DEFAULT_LIMITS.entryBytes),
  );
  const progress = { readBytes: 0 };
  try {
    for await (const chunk of inflatedIfNeeded(stream, progress)) {
      splitter.push(chunk);
      yield gathered.take(progress.readBytes, about.totalBytes);
    }
  } catch (error) {
    throw new CallerError(`${about.name} cannot be read (${codeOf(error)})`, 'unreadable-file', 400, { cause: error });
  }
  splitter.end();
  yield gathered.take(progress.readBytes, about.totalBytes);
}

class Gathered {
  #events: ApiEvent[] = [];
  #letters: DeadLetter[] = [];
  #refused = 0;

  constructor(private readonly parts: FileReaderParts) {}

  entry(bytes: Buffer, start: number, end: number): void {
    const { reader, from, clock } = this.parts;
    this.#add(reader.read(bytes, start, end, from, clock.now(), 'file'));
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

async function* inflatedIfNeeded(stream: Readable, progress: { readBytes: number }): AsyncGenerator<Buffer> {
  let beginning = Buffer.alloc(0);
  const source = stream[Symbol.asyncIterator]();
  while (beginning.length < 2) {
    const next: IteratorResult<unknown> = await source.next();
    if (next.done === true) break;
    beginning = Buffer.concat([beginning, bufferOf(next.value)]);
  }
  progress.readBytes += beginning.length;
  const rest = counted(beginning, source, progress);
  if (!beginning.subarray(0, 2).equals(GZIP)) {
    yield* rest;
    return;
  }
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  const feeding = (async () => {
    for await (const chunk of rest)
      await new Promise<void>((resolve, reject) => gunzip.write(chunk, (error) => (error ? reject(error) : resolve())));
    gunzip.end();
  })();
  feeding.catch((error: unknown) => gunzip.destroy(error instanceof Error ? error : new Error('reading failed')));
  try {
    for await (const chunk of gunzip) yield bufferOf(chunk);
    await feeding;
  } finally {
    gunzip.destroy();
  }
}

async function* counted(
  first: Buffer,
  source: AsyncIterator<unknown>,
  progress: { readBytes: number },
): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (;;) {
    const next = await source.next();
    if (next.done === true) return;
    const chunk = bufferOf(next.value);
    progress.readBytes += chunk.length;
    yield chunk;
  }
}

const bufferOf = (chunk: unknown): Buffer => (Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));

/** The system's own code (ENOENT, EACCES, Z_DATA_ERROR), never the path's content. */
const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
};
