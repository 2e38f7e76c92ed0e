import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate, createInflateRaw, type Gunzip, type Inflate, type InflateRaw } from 'node:zlib';
import { CallerError } from '@outrider/platform/errors';

export interface BodyBounds {
  /** As sent; bytes. */
  readonly bodyBytes: number;
  /** After inflating; bytes. */
  readonly inflatedBytes: number;
}

export type ContentEncoding = 'identity' | 'gzip' | 'deflate';

/** undefined for an encoding that we do not read. */
export const encodingOf = (header: string | undefined): ContentEncoding | undefined => {
  switch (header?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    default:
      return undefined;
  }
};

const tooLarge = (): CallerError => new CallerError('the body is over the bound', 'too-large', 413);

/**
 * The body, inflated, in chunks. Throws CallerError: 413 as soon as either bound is passed (so a zip bomb costs no more than the bound),
 * 400 when the compressed data is damaged or the sender gave up.
 */
export async function* bodyOf(
  request: IncomingMessage,
  encoding: ContentEncoding,
  bounds: BodyBounds,
): AsyncGenerator<Buffer> {
  // The request must outlive a failed body: the answer goes back over it.
  const sent = bounded(request.iterator({ destroyOnReturn: false }), bounds.bodyBytes);
  yield* encoding === 'identity' ? sent : bounded(inflated(sent, encoding), bounds.inflatedBytes);
}

async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > maxBytes) throw tooLarge();
    yield chunk;
  }
}

async function* inflated(sent: AsyncGenerator<Buffer>, encoding: 'gzip' | 'deflate'): AsyncGenerator<Buffer> {
  const first = await sent.next();
  if (first.done === true) return;
  const inflate = inflaterFor(encoding, first.value);
  const feeding = feed(inflate, first.value, sent);
  feeding.catch((error: unknown) => inflate.destroy(error instanceof Error ? error : new Error('body failed')));
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    if (error instanceof CallerError) throw error;
    throw new CallerError('the compressed body is damaged', 'bad-encoding', 400, { cause: error });
  } finally {
    inflate.destroy();
  }
}

const feed = async (
  inflate: Gunzip | Inflate | InflateRaw,
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
): Promise<void> => {
  await write(inflate, first);
  for await (const chunk of rest) await write(inflate, chunk);
  inflate.end();
};

const write = (inflate: Gunzip | Inflate | InflateRaw, chunk: Buffer): Promise<void> =>
  new Promise((resolve, reject) => inflate.write(chunk, (error) => (error ? reject(error) : resolve())));

/** `deflate` means zlib, but some senders leave its header out. */
const inflaterFor = (encoding: 'gzip' | 'deflate', beginning: Buffer): Gunzip | Inflate | InflateRaw => {
  if (encoding === 'gzip') return createGunzip();
  const [a = 0, b = 0] = beginning;
  return (a & 0x0f) === 8 && ((a << 8) | b) % 31 === 0 ? createInflate() : createInflateRaw();
};
