import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';

/** Bytes of bodies that may be held at once by all requests together. */
export class HeldBytes {
  #held = 0;

  constructor(private readonly max: number) {}

  take(bytes: number): void {
    if (this.#held + bytes > this.max)
      throw new ClickHouseException(
        241,
        'MEMORY_LIMIT_EXCEEDED',
        `(total) memory limit exceeded: the requests under way hold ${this.#held} bytes, of at most ${this.max}.`,
      );
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export interface Body {
  readonly bytes: Buffer;
  /** Once the statement has run. */
  readonly release: () => void;
}

/** The whole body, unpacked: a statement runs on all of it or not at all, so that a cut connection leaves nothing behind. */
export const readBody = async (request: IncomingMessage, maxBytes: number, held: HeldBytes): Promise<Body> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpacked(request) as AsyncIterable<Buffer>) {
      if (bytes + chunk.length > maxBytes)
        throw new ClickHouseException(316, 'QUERY_IS_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
      held.take(chunk.length);
      bytes += chunk.length;
      chunks.push(chunk);
    }
  } catch (error) {
    held.give(bytes);
    throw error instanceof ClickHouseException
      ? error
      : new ClickHouseException(354, 'ZLIB_INFLATE_FAILED', 'The body could not be read.', { cause: error });
  }
  const [only] = chunks;
  return {
    bytes: chunks.length === 1 && only ? only : Buffer.concat(chunks),
    release: () => {
      held.give(bytes);
      bytes = 0;
    },
  };
};

const unpacked = (request: IncomingMessage): NodeJS.ReadableStream => {
  const encoding = request.headers['content-encoding'];
  const unpacker = unpackerOf(encoding);
  // An error on either side ends both; the reader of the last one learns of it.
  return unpacker ? pipeline(request, unpacker, () => undefined) : request;
};

const unpackerOf = (encoding: string | undefined) => {
  switch (encoding) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new ClickHouseException(
        89,
        'UNKNOWN_COMPRESSION_METHOD',
        `Unknown HTTP content encoding ${encoding.slice(0, 32)}.`,
      );
  }
};
