import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeRecord, nextMagic, type StoredRecord } from './record.ts';

const SCAN_BYTES = 1024 * 1024;

/** One file of a partition. `bytes` and `end` cover what is durable and visible to consumers. */
export class Segment {
  readonly path: string;
  bytes = 0;
  /** One past its last offset. */
  end: number;
  /** ms since epoch of its last append. */
  lastAt = 0;
  #reader: Promise<FileHandle> | undefined;

  constructor(
    folder: string,
    readonly base: number,
    /** Position of its first byte in the partition's whole history since opening. */
    readonly start: number,
  ) {
    this.path = join(folder, segmentName(base));
    this.end = base;
  }

  async read(at: number, length: number): Promise<Buffer> {
    this.#reader ??= open(this.path, 'r');
    const handle = await this.#reader;
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.bytes - at)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    return buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.then((handle) => handle.close()).catch(() => undefined);
  }

  /** Readers in the middle of a chunk keep their open file. */
  async remove(): Promise<void> {
    await unlink(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await this.close();
  }
}

export const segmentName = (base: number): string => `${String(base).padStart(20, '0')}.log`;
export const segmentBase = (name: string): number | undefined =>
  /^\d{20}\.log$/.test(name) ? Number(name.slice(0, 20)) : undefined;

/** What a reader finds at a place of a segment. */
export interface Chunk {
  readonly records: readonly StoredRecord[];
  /** Where the next chunk begins. */
  readonly next: number;
  /** Bytes passed over because they are no record; then `records` is empty. */
  readonly corruptBytes: number;
}

/** Reads whole records from `at`, about `budget` bytes (at least one record), or passes over what is corrupt. */
export const readChunk = async (
  segment: Segment,
  at: number,
  expected: number,
  budget: number,
  maxRecordBytes: number,
): Promise<Chunk> => {
  let buffer = await segment.read(at, budget);
  const records: StoredRecord[] = [];
  let place = 0;
  while (place < buffer.length) {
    const found = decodeRecord(buffer, place, at, maxRecordBytes);
    if (found.kind === 'cut' && at + place + found.bytes <= segment.bytes) {
      if (records.length > 0) break;
      const whole = await segment.read(at, Math.max(SCAN_BYTES, found.bytes));
      if (whole.length <= buffer.length) break;
      buffer = whole;
      continue;
    }
    if (found.kind !== 'record' || !follows(found.record, expected + records.length, segment.end)) break;
    records.push(found.record);
    place += found.record.bytes;
  }
  if (records.length > 0 || at >= segment.bytes) return { records, next: at + place, corruptBytes: 0 };
  const next = await nextRecordAt(segment, at + 1, expected, maxRecordBytes);
  return { records, next, corruptBytes: next - at };
};

const follows = (record: StoredRecord, expected: number, end: number): boolean =>
  record.offset >= expected && record.offset < end;

/** The first place from `from` on where a record stands whose checksum and offset hold; the segment's end when there is none. */
const nextRecordAt = async (
  segment: Segment,
  from: number,
  expected: number,
  maxRecordBytes: number,
): Promise<number> => {
  let at = from;
  while (at < segment.bytes) {
    const window = await segment.read(at, SCAN_BYTES);
    const found = nextMagic(window, 0);
    if (found < 0) {
      if (at + window.length >= segment.bytes) break;
      at += Math.max(1, window.length - 3);
      continue;
    }
    let decoded = decodeRecord(window, found, at, maxRecordBytes);
    if (decoded.kind === 'cut')
      decoded = decodeRecord(await segment.read(at + found, decoded.bytes), 0, 0, maxRecordBytes);
    if (decoded.kind === 'cut' && at + found + decoded.bytes <= segment.bytes)
      decoded = decodeRecord(await segment.read(at + found, decoded.bytes), 0, 0, maxRecordBytes);
    if (decoded.kind === 'record' && follows(decoded.record, expected, segment.end)) return at + found;
    at += found + 1;
  }
  return segment.bytes;
};

export interface Scan {
  readonly fileBytes: number;
  /** Where the last good record ends; what follows is a torn write. */
  readonly goodBytes: number;
  /** One past the last good record's offset. */
  readonly end: number;
  readonly lastAt: number;
  /** Bytes before `goodBytes` that are no record. */
  readonly corruptBytes: number;
}

/** Checks a whole segment: done with the last one at opening. */
export const scanSegment = async (folder: string, base: number, maxRecordBytes: number): Promise<Scan> => {
  const segment = new Segment(folder, base, 0);
  const fileBytes = (await stat(segment.path)).size;
  segment.bytes = fileBytes;
  segment.end = Number.MAX_SAFE_INTEGER;
  const scan = { fileBytes, goodBytes: 0, end: base, lastAt: 0, corruptBytes: 0 };
  try {
    for (let at = 0; at < fileBytes;) {
      const chunk = await readChunk(segment, at, scan.end, SCAN_BYTES, maxRecordBytes);
      const last = chunk.records.at(-1);
      if (last) {
        scan.corruptBytes += at - scan.goodBytes;
        scan.goodBytes = last.endsAt;
        scan.end = last.offset + 1;
        scan.lastAt = last.appendedAt;
      }
      at = chunk.next;
    }
  } finally {
    await segment.close();
  }
  return scan;
};
