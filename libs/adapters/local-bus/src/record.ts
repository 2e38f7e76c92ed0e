import { crc32 } from 'node:zlib';
import type { OutgoingMessage } from '@outrider/ports/event-bus';

/** A message as it stands in the log. */
export interface StoredRecord {
  readonly offset: number;
  /** ms since epoch. */
  readonly appendedAt: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  /** Bytes it takes in its segment. */
  readonly bytes: number;
  /** Where it ends in its segment. */
  readonly endsAt: number;
}

/*
 * magic u32 | body length u32 | crc32 of the body u32 | body:
 *   offset f64 | appended at f64 | key length u32 | headers length u32 | key | headers (JSON) | value
 * Little endian. Offsets stay far below 2^53, where a double is exact.
 */
const MAGIC = 0x3142524f;
const HEAD = 12;
const BODY_HEAD = 24;
export const RECORD_OVERHEAD = HEAD + BODY_HEAD;

/** Upper bound of the encoded size, cheap: used to reserve room before the offset is known. */
export const encodedBytes = (message: OutgoingMessage): number => {
  const headers = Object.keys(message.headers).length === 0 ? 2 : Buffer.byteLength(JSON.stringify(message.headers));
  return RECORD_OVERHEAD + Buffer.byteLength(message.key) + headers + message.value.length;
};

export const encodeRecord = (message: OutgoingMessage, offset: number, appendedAt: number): Buffer => {
  const headers = JSON.stringify(message.headers);
  const keyBytes = Buffer.byteLength(message.key);
  const headerBytes = Buffer.byteLength(headers);
  const body = BODY_HEAD + keyBytes + headerBytes + message.value.length;
  const out = Buffer.allocUnsafe(HEAD + body);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt32LE(body, 4);
  out.writeDoubleLE(offset, HEAD);
  out.writeDoubleLE(appendedAt, HEAD + 8);
  out.writeUInt32LE(keyBytes, HEAD + 16);
  out.writeUInt32LE(headerBytes, HEAD + 20);
  out.write(message.key, RECORD_OVERHEAD, 'utf8');
  out.write(headers, RECORD_OVERHEAD + keyBytes, 'utf8');
  message.value.copy(out, RECORD_OVERHEAD + keyBytes + headerBytes);
  out.writeUInt32LE(crc32(out.subarray(HEAD)), 8);
  return out;
};

export type Decoded =
  | { readonly kind: 'record'; readonly record: StoredRecord }
  /** The buffer ends before the record does; `bytes` is what the record needs (or its head, when even that is cut). */
  | { readonly kind: 'cut'; readonly bytes: number }
  | { readonly kind: 'corrupt' };

const CORRUPT: Decoded = { kind: 'corrupt' };

/** Reads the record at `at` of a buffer that begins at `bufferAt` of the segment; `value` is a view on `buffer`. */
export const decodeRecord = (buffer: Buffer, at: number, bufferAt: number, maxBytes: number): Decoded => {
  if (buffer.length - at < HEAD) return { kind: 'cut', bytes: HEAD };
  const body = buffer.readUInt32LE(at + 4);
  const bytes = HEAD + body;
  if (buffer.readUInt32LE(at) !== MAGIC || body < BODY_HEAD || bytes > maxBytes) return CORRUPT;
  if (buffer.length - at < bytes) return { kind: 'cut', bytes };
  const start = at + HEAD;
  if (crc32(buffer.subarray(start, start + body)) !== buffer.readUInt32LE(at + 8)) return CORRUPT;
  const keyEnd = start + BODY_HEAD + buffer.readUInt32LE(start + 16);
  const headersEnd = keyEnd + buffer.readUInt32LE(start + 20);
  if (headersEnd > start + body) return CORRUPT;
  return {
    kind: 'record',
    record: {
      offset: buffer.readDoubleLE(start),
      appendedAt: buffer.readDoubleLE(start + 8),
      key: buffer.toString('utf8', start + BODY_HEAD, keyEnd),
      headers: parseHeaders(buffer.toString('utf8', keyEnd, headersEnd)),
      value: buffer.subarray(headersEnd, start + body),
      bytes,
      endsAt: bufferAt + at + bytes,
    },
  };
};

/** Where the next record may begin after a corrupt one; -1 when nowhere in this buffer. */
export const nextMagic = (buffer: Buffer, from: number): number => buffer.indexOf(MAGIC_BYTES, from);

const MAGIC_BYTES = Buffer.from('ORB1', 'latin1');
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** The checksum has matched, so the text is what `encodeRecord` wrote. */
const parseHeaders = (text: string): Readonly<Record<string, string>> =>
  text === '{}' ? NO_HEADERS : (JSON.parse(text) as Record<string, string>);
