import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { KEEP_ALL } from '@outrider/clickhouse/retention';
import { EntryReader } from '@outrider/collect/entry/entry-reader';
import { GatewayContext } from '@outrider/collect/entry/gateway-context';
import { SecretNames } from '@outrider/collect/entry/secret-names';
import { readLogFile, type FileChunk } from '@outrider/collect/file/log-file-reader';
import { completeRow, encodeEvent } from '@outrider/contracts/events/event-row';
import { LogOrder } from '@outrider/detect/detectors/log-loss/log-order';
import { DuplicateFilter } from '@outrider/detect/duplicates/duplicate-filter';
import { learnTemplates } from '@outrider/discover/learning/learn-templates';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { LearnedTemplates } from '@outrider/domain/traffic/learned-templates';
import type { AddressFacts } from '@outrider/ports/address-facts';
import { systemClock } from '@outrider/ports/clock';
import type { EventStore, TimeRange } from '@outrider/ports/event-store';

export interface LogOptions {
  /** `-` is standard input. */
  readonly files: readonly string[];
  readonly gateway: GatewaySettings;
  readonly addresses: AddressFacts;
  /** Raw conditions of rules, looked for while the entries are read. */
  readonly matcher: RawMatcher | undefined;
  readonly onProgress: (progress: LogProgress) => void;
}

export interface LogProgress {
  readonly phase: 'reading' | 'learning';
  /** 0 … 1; undefined where the end is not known. */
  readonly part: number | undefined;
  readonly entries: number;
}

/** All entries of log files, in a store that lives as long as they are looked at. */
export interface StoredLogs {
  readonly store: ClickHouseEventStore;
  /** Learned from the whole of them. */
  readonly templates: LearnedTemplates;
  readonly counts: Readonly<LogCounts>;
  /** What the order of the lines told, which the store does not keep. */
  readonly order: LogOrder;
}

interface LogCounts {
  entries: number;
  refused: number;
  duplicates: number;
  stored: number;
  /** Event times; `to` is past the newest one. Empty without entries. */
  range: TimeRange;
}

const BLOCK_ROWS = 20_000;
/** Ids remembered for duplicates; 28 bytes each at most. */
const MAX_IDS = 16_000_000;
export const EVER: TimeRange = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2100, 0, 1) };

/** The store lives in a temporary folder, and is gone when `use` is done. */
export const withStoredLogs = async <T>(options: LogOptions, use: (logs: StoredLogs) => Promise<T>): Promise<T> => {
  const dir = await mkdtemp(join(tmpdir(), 'outrider-analyze-'));
  try {
    const files = await Promise.all(options.files.map((file) => (file === '-' ? spooled(join(dir, 'stdin')) : file)));
    const clickhouse = await openClickHouse({ dir: join(dir, 'store') });
    try {
      const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
      await store.prepareForRun();
      const order = new LogOrder();
      const counts = await storeFiles({ ...options, files }, store, order);
      options.onProgress({ phase: 'learning', part: undefined, entries: counts.entries });
      return await use({ store, templates: await learnTemplates(store, EVER), counts, order });
    } finally {
      await clickhouse.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** Standard input as a file: the embedded engine needs that descriptor for itself, so it is read to its end first. */
const spooled = async (path: string): Promise<string> => {
  await pipeline(process.stdin, createWriteStream(path));
  return path;
};

const storeFiles = async (options: LogOptions, store: EventStore, order: LogOrder): Promise<LogCounts> => {
  const counts: LogCounts = {
    entries: 0,
    refused: 0,
    duplicates: 0,
    stored: 0,
    range: { from: EVER.to, to: EVER.from },
  };
  const block = new Block(store);
  const filter = new DuplicateFilter({ horizonMs: Number.MAX_SAFE_INTEGER, maxIds: MAX_IDS });
  const parts = {
    // fingerprints of one run compare with each other and with nothing else
    reader: new EntryReader({
      fingerprintKey: randomBytes(32),
      addresses: options.addresses,
      rules: options.matcher,
    }),
    from: new GatewayContext(options.gateway, new SecretNames()),
    clock: systemClock,
  };
  for (const [index, file] of options.files.entries()) {
    for await (const chunk of readLogFile(file, parts)) {
      counts.entries += chunk.events.length + chunk.refused;
      counts.refused += chunk.refused;
      counts.range = reaching(counts.range, chunk.events);
      for (const event of chunk.events) {
        if (filter.see(eventId(event), ++block.position, event.receivedAt) === 'first') {
          block.add(event);
          order.read(event);
        } else counts.duplicates++;
      }
      if (block.full) await block.write();
      options.onProgress({
        phase: 'reading',
        part: partOf(chunk, index, options.files.length),
        entries: counts.entries,
      });
    }
    order.endFile();
  }
  await block.write();
  counts.stored = counts.entries - counts.refused - counts.duplicates;
  return counts;
};

const reaching = ({ from, to }: TimeRange, events: readonly ApiEvent[]): TimeRange => {
  let [first, end] = [from, to];
  for (const { startedAt } of events) {
    if (startedAt < first) first = startedAt;
    if (startedAt >= end) end = startedAt + 1;
  }
  return { from: first, to: end };
};

const partOf = (chunk: FileChunk, index: number, files: number): number | undefined =>
  chunk.totalBytes <= 0 ? undefined : (index + chunk.readBytes / chunk.totalBytes) / files;

/** Rows on their way to the store; one insert runs while the next block is read. */
class Block {
  position = 0;
  #rows: string[] = [];
  #blocks = 0;
  #inserting: Promise<void> = Promise.resolve();

  constructor(private readonly store: EventStore) {}

  get full(): boolean {
    return this.#rows.length >= BLOCK_ROWS;
  }

  add(event: ApiEvent): void {
    this.#rows.push(completeRow(encodeEvent(event), this.position, false));
  }

  /** Hands the rows over and waits for the block before: two blocks are in memory at most. */
  async write(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    await this.#inserting;
    const insert =
      rows.length === 0 ? Promise.resolve() : this.store.insertEvents({ rows, token: `analyze/${this.#blocks++}` });
    this.#inserting = insert;
    if (rows.length < BLOCK_ROWS) await insert;
    else insert.catch(() => undefined); // the next write reports it
  }
}
