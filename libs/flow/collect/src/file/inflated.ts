import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';

export interface ReadProgress {
  /** Of the stream as it came. */
  readBytes: number;
}

const GZIP = [0x1f, 0x8b];
const LONGEST_MAGIC = 6;
const OTHERS: readonly (readonly [name: readonly [name: string, tool: string], magic: readonly number[]])[] = [
  [
    ['zstd', 'zstd -dc'],
    [0x28, 0xb5, 0x2f, 0xfd],
  ],
  [
    ['xz', 'xz -dc'],
    [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  ],
  [
    ['bzip2', 'bzip2 -dc'],
    [0x42, 0x5a, 0x68],
  ],
  [
    ['zip', 'unzip -p'],
    [0x50, 0x4b, 0x03, 0x04],
  ],
];
/** What PowerShell’s `>` writes. */
const UTF16: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

export class UnknownCompression extends Error {
  constructor(name: string, tool: string) {
    super(`is compressed with ${name}, which is not read here: pipe "${tool} FILE" into "outrider … -", or use gzip`);
  }
}

/** The text of a stream in UTF-8: what gzip packed is unpacked, UTF-16 turned into UTF-8. Throws UnknownCompression. */
export async function* inflated(stream: Readable, progress: ReadProgress, chunkBytes: number): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let isFirst = true;
  for await (const chunk of unpacked(stream, progress, chunkBytes)) {
    if (isFirst) decoder = decoderOf(chunk);
    isFirst = false;
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
}

const decoderOf = (beginning: Buffer): TextDecoder | undefined => {
  const found = UTF16.find(([, mark]) => startsWith(beginning, mark));
  return found ? new TextDecoder(found[0]) : undefined;
};

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean => magic.every((byte, i) => bytes[i] === byte);

async function* unpacked(stream: Readable, progress: ReadProgress, chunkBytes: number): AsyncGenerator<Buffer> {
  let beginning = Buffer.alloc(0);
  const source = stream[Symbol.asyncIterator]();
  while (beginning.length < LONGEST_MAGIC) {
    const next: IteratorResult<unknown> = await source.next();
    if (next.done === true) break;
    beginning = Buffer.concat([beginning, bufferOf(next.value)]);
  }
  progress.readBytes += beginning.length;
  const rest = counted(beginning, source, progress);
  if (!startsWith(beginning, GZIP)) {
    const known = OTHERS.find(([, magic]) => startsWith(beginning, magic));
    if (known) throw new UnknownCompression(...known[0]);
    yield* rest;
    return;
  }
  const gunzip = createGunzip({ chunkSize: chunkBytes });
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

async function* counted(first: Buffer, source: AsyncIterator<unknown>, progress: ReadProgress): AsyncGenerator<Buffer> {
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
