import type { StoredRecord } from './record.ts';
import type { Place } from './partition-log.ts';

/** The newest records of a partition, so that a consumer that keeps up reads no disk. Bounded by bytes. */
export class TailCache {
  #records: StoredRecord[] = [];
  #positions: number[] = [];
  /** Index of the oldest kept record; the arrays are cut now and then instead of shifted each time. */
  #head = 0;
  #bytes = 0;
  #end: Place | undefined;

  constructor(private readonly maxBytes: number) {}

  /** `position` is where the first of them begins. */
  push(records: readonly StoredRecord[], position: number): void {
    let at = position;
    if (records[0] && records[0].offset !== this.#end?.offset) this.#clear();
    for (const record of records) {
      this.#records.push(record);
      this.#positions.push(at);
      at += record.bytes;
      this.#bytes += record.bytes;
      this.#end = { offset: record.offset + 1, position: at };
    }
    while (this.#bytes > this.maxBytes && this.#head < this.#records.length) {
      this.#bytes -= this.#records[this.#head]?.bytes ?? 0;
      this.#records[this.#head] = RELEASED;
      this.#head += 1;
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#positions = this.#positions.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Records from `offset` on (at most 64), if the cache reaches back that far; records here have no gaps. */
  from(offset: number): { readonly records: readonly StoredRecord[]; readonly next: Place } | undefined {
    const first = this.#records[this.#head];
    if (!first || !this.#end || offset < first.offset) return undefined;
    if (offset >= this.#end.offset) return { records: [], next: this.#end };
    const index = this.#head + (offset - first.offset);
    const records = this.#records.slice(index, index + 64);
    const last = records.at(-1);
    const position = (this.#positions[index + records.length - 1] ?? 0) + (last?.bytes ?? 0);
    return { records, next: { offset: (last?.offset ?? offset) + 1, position } };
  }

  #clear(): void {
    this.#records = [];
    this.#positions = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

/** Stands where a record was let go, so that its bytes can be freed before the array is cut. */
const RELEASED: StoredRecord = {
  offset: -1,
  appendedAt: 0,
  key: '',
  headers: {},
  value: Buffer.alloc(0),
  bytes: 0,
  endsAt: 0,
};
