import { mkdir, open, readdir, stat, type FileHandle } from 'node:fs/promises';
import type { Logger } from '@outrider/platform/logger';
import type { StoredRecord } from './record.ts';
import { readChunk, scanSegment, Segment, segmentBase } from './segment.ts';
import { TailCache } from './tail-cache.ts';

export interface PartitionLimits {
  readonly segmentBytes: number;
  readonly tailBytes: number;
  readonly maxRecordBytes: number;
}

/** A reader's place. Positions count bytes over the whole history since opening, so that a difference of two is a size. */
export interface Place {
  readonly offset: number;
  readonly position: number;
}

export interface ReadResult {
  readonly records: readonly StoredRecord[];
  readonly next: Place;
  /** Offsets passed over: corrupt, or deleted before this reader came. */
  readonly lost: number;
}

const READ_BYTES = 1024 * 1024;

/** One partition on disk: segments of records, the last one open for appending. Offsets have no gaps but where bytes went bad. */
export class PartitionLog {
  readonly #segments: Segment[] = [];
  readonly #tail: TailCache;
  #writer: FileHandle | undefined;
  /** Set while the file may hold bytes beyond the durable end. */
  #torn = false;

  private constructor(
    private readonly folder: string,
    readonly partition: number,
    private readonly limits: PartitionLimits,
    private readonly log: Logger,
  ) {
    this.#tail = new TailCache(limits.tailBytes);
  }

  static async open(folder: string, partition: number, limits: PartitionLimits, log: Logger): Promise<PartitionLog> {
    await mkdir(folder, { recursive: true });
    const made = new PartitionLog(folder, partition, limits, log);
    await made.#load();
    return made;
  }

  /** The next offset to be given. */
  get end(): number {
    return this.#active.end;
  }

  get first(): Place {
    const oldest = this.#segments[0] ?? this.#active;
    return { offset: oldest.base, position: oldest.start };
  }

  get last(): Place {
    return { offset: this.#active.end, position: this.#active.start + this.#active.bytes };
  }

  get bytes(): number {
    return this.last.position - this.first.position;
  }

  /** Writes without making durable. A failure leaves the durable end where it was: call `rollBack`. */
  async write(buffers: readonly Buffer[], bytes: number): Promise<void> {
    if (this.#torn) await this.rollBack();
    if (this.#active.bytes > 0 && this.#active.bytes + bytes > this.limits.segmentBytes) await this.roll();
    this.#torn = true;
    const { bytesWritten } = await this.#handle.writev([...buffers], this.#active.bytes);
    if (bytesWritten !== bytes) throw Object.assign(new Error('short write: the disk is full'), { code: 'ENOSPC' });
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async rollBack(): Promise<void> {
    await this.#handle.truncate(this.#active.bytes);
    this.#torn = false;
  }

  /** Makes what was written visible. */
  accept(records: readonly StoredRecord[], bytes: number): void {
    const segment = this.#active;
    const last = records.at(-1);
    if (!last) return;
    const position = segment.start + segment.bytes;
    segment.bytes += bytes;
    segment.end = last.offset + 1;
    segment.lastAt = last.appendedAt;
    this.#torn = false;
    this.#tail.push(records, position);
  }

  /** Closes the last segment and begins a new one. */
  async roll(base = this.end): Promise<void> {
    const next = new Segment(this.folder, base, this.#segments.length > 0 ? this.last.position : 0);
    await this.#writer?.datasync();
    // 'w+': a file left by a roll that failed half-way holds nothing that was accepted.
    const handle = await open(next.path, 'w+', 0o600);
    try {
      await syncFolder(this.folder);
      await this.#writer?.close();
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#writer = handle;
    this.#segments.push(next);
  }

  /** Records from `place` on, about a megabyte; empty when the reader has everything. */
  async read(place: Place): Promise<ReadResult> {
    const cached = this.#tail.from(place.offset);
    if (cached) return { ...cached, lost: 0 };
    const oldest = this.first;
    const from = place.offset < oldest.offset ? oldest : place;
    const lost = from.offset - place.offset;
    if (from.offset >= this.end) return { records: [], next: from, lost };
    const index = this.#segments.findLastIndex((s) => s.base <= from.offset && s.start <= from.position);
    const segment = this.#segments[index] ?? this.#active;
    const chunk = await readChunk(
      segment,
      from.position - segment.start,
      from.offset,
      READ_BYTES,
      this.limits.maxRecordBytes,
    );
    const lastRead = chunk.records.at(-1);
    const atEnd = chunk.next >= segment.bytes;
    const offset = atEnd ? segment.end : lastRead ? lastRead.offset + 1 : from.offset;
    const holes = chunk.records.length === 0 ? offset - from.offset : 0;
    if (chunk.corruptBytes > 0)
      this.log.error(
        { segment: segment.base, at: from.position - segment.start, bytes: chunk.corruptBytes },
        'corrupt bytes in the event bus passed over',
      );
    return { records: chunk.records, next: { offset, position: segment.start + chunk.next }, lost: lost + holes };
  }

  /** Where `offset` stands and when it was appended; reads at most one segment. Beyond the ends: the ends. */
  async locate(offset: number): Promise<{ readonly place: Place; readonly appendedAt: number | undefined }> {
    if (offset >= this.end) return { place: this.last, appendedAt: undefined };
    let place = this.first;
    if (offset < place.offset) return { place, appendedAt: undefined };
    const segment = this.#segments.findLast((s) => s.base <= offset);
    if (segment) place = { offset: segment.base, position: segment.start };
    while (place.offset < this.end) {
      const { records, next } = await this.read(place);
      const hit = records.find((record) => record.offset >= offset);
      if (hit) {
        const before = records.slice(0, records.indexOf(hit)).reduce((sum, record) => sum + record.bytes, 0);
        return { place: { offset, position: place.position + before }, appendedAt: hit.appendedAt };
      }
      if (next.offset > offset) return { place: next, appendedAt: undefined };
      if (next.position === place.position) break;
      place = next;
    }
    return { place: this.last, appendedAt: undefined };
  }

  /** When the record at `offset` was appended, if it is in memory. */
  appendedAt(offset: number): number | undefined {
    return this.#tail.from(offset)?.records[0]?.appendedAt;
  }

  /** The oldest closed segment. */
  get oldest(): { readonly end: number; readonly bytes: number; readonly lastAt: number } | undefined {
    return this.#segments.length > 1 ? this.#segments[0] : undefined;
  }

  get activeBytes(): number {
    return this.#active.bytes;
  }

  /** Takes the oldest segment off the list at once; the promise is the unlink. */
  async dropOldest(): Promise<void> {
    const segment = this.#segments.length > 1 ? this.#segments.shift() : undefined;
    await segment?.remove();
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
    for (const segment of this.#segments) await segment.close();
  }

  get #active(): Segment {
    const active = this.#segments.at(-1);
    if (!active) throw new Error('partition is not open');
    return active;
  }

  get #handle(): FileHandle {
    if (!this.#writer) throw new Error('partition is closed');
    return this.#writer;
  }

  async #load(): Promise<void> {
    const bases = (await readdir(this.folder))
      .map(segmentBase)
      .filter((base) => base !== undefined)
      .sort((a, b) => a - b);
    if (bases.length === 0) return this.roll(0);
    for (const [index, base] of bases.entries()) {
      const segment = new Segment(this.folder, base, this.#segments.length > 0 ? this.last.position : 0);
      const following = bases[index + 1];
      if (following === undefined) await this.#recover(segment);
      else {
        const file = await stat(segment.path);
        segment.bytes = file.size;
        segment.end = following;
        segment.lastAt = file.mtimeMs;
      }
      this.#segments.push(segment);
    }
  }

  /** A write that the end of the process cut in two is truncated: nobody was told that it had been taken. */
  async #recover(segment: Segment): Promise<void> {
    const scan = await scanSegment(this.folder, segment.base, this.limits.maxRecordBytes);
    segment.bytes = scan.goodBytes;
    segment.end = scan.end;
    segment.lastAt = scan.lastAt;
    this.#writer = await open(segment.path, 'r+');
    if (scan.goodBytes < scan.fileBytes) {
      this.log.warn({ segment: segment.base, bytes: scan.fileBytes - scan.goodBytes }, 'torn write truncated');
      await this.#writer.truncate(scan.goodBytes);
    }
    if (scan.corruptBytes > 0)
      this.log.error({ segment: segment.base, bytes: scan.corruptBytes }, 'corrupt bytes in the event bus');
    await this.#writer.datasync();
  }
}

/** A new or renamed file is durable only once its folder is. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
