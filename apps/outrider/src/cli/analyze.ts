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
import { OfflineDetection } from '@outrider/detect/offline/offline-detection';
import { learnTemplates } from '@outrider/discover/learning/learn-templates';
import type { Alert } from '@outrider/domain/detection/alert';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { systemClock } from '@outrider/ports/clock';
import type { EventStore } from '@outrider/ports/event-store';
import type { Tally } from './alert-report.ts';
import { NO_SOURCES, openSources, type AnalysisSources, type SourceOptions } from './analysis-sources.ts';

export interface AnalyzeOptions {
  /** `-` is standard input. */
  readonly files: readonly string[];
  readonly gateway: GatewaySettings;
  /** Absent: nothing but the logs. */
  readonly sources?: SourceOptions;
  readonly onProgress: (progress: AnalyzeProgress) => void;
}

export interface AnalyzeProgress {
  readonly phase: 'reading' | 'learning' | 'detecting';
  /** 0 … 1; undefined where the end is not known. */
  readonly part: number | undefined;
  readonly entries: number;
}

export interface Analysis {
  readonly alerts: readonly Alert[];
  readonly tally: Tally;
}

const BLOCK_ROWS = 20_000;
const REPLAY_CHUNK = 10_000;
/** Ids remembered for duplicates; 28 bytes each at most. */
const MAX_IDS = 16_000_000;
const EVER = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2100, 0, 1) };

/**
 * Runs log files through collect, store and detect in event time. Everything is stored first and then read in order of time, so that neither
 * the order within a file nor that of several files matters. The store lives in a temporary folder.
 */
export const analyze = async (options: AnalyzeOptions): Promise<Analysis> => {
  const began = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'outrider-analyze-'));
  try {
    const files = await Promise.all(options.files.map((file) => (file === '-' ? spooled(join(dir, 'stdin')) : file)));
    return await analyzeFiles({ ...options, files }, dir, began);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** Standard input as a file: the embedded engine needs that descriptor for itself, so it is read to its end first. */
const spooled = async (path: string): Promise<string> => {
  await pipeline(process.stdin, createWriteStream(path));
  return path;
};

const analyzeFiles = async (options: AnalyzeOptions, dir: string, began: number): Promise<Analysis> => {
  const sources = await openSources(options.sources ?? NO_SOURCES, options.gateway.tenant);
  const clickhouse = await openClickHouse({ dir: join(dir, 'store') });
  try {
    const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
    await store.prepareForRun();
    const order = new LogOrder();
    const counts = await storeFiles(options, store, sources, order);
    options.onProgress({ phase: 'learning', part: undefined, entries: counts.entries });
    const templates = await learnTemplates(store, EVER);
    const detection = new OfflineDetection(store, {
      rules: sources.rules,
      documents: sources.documents,
      templates,
      found: order.findings,
      onProgress: ({ events }) =>
        options.onProgress({ phase: 'detecting', part: events / Math.max(1, counts.stored), entries: counts.entries }),
    });
    const { alerts } = await detection.run(store.replay({ range: EVER, chunk: REPLAY_CHUNK }));
    const tally: Tally = {
      entries: counts.entries,
      refused: counts.refused,
      duplicates: counts.duplicates,
      alerts: alerts.length,
      seconds: Math.round(performance.now() - began) / 1000,
    };
    return { alerts, tally };
  } finally {
    await clickhouse.close();
  }
};

interface Counts {
  entries: number;
  refused: number;
  duplicates: number;
  stored: number;
}

const storeFiles = async (
  options: AnalyzeOptions,
  store: EventStore,
  sources: AnalysisSources,
  order: LogOrder,
): Promise<Counts> => {
  const counts: Counts = { entries: 0, refused: 0, duplicates: 0, stored: 0 };
  const block = new Block(store);
  const filter = new DuplicateFilter({ horizonMs: Number.MAX_SAFE_INTEGER, maxIds: MAX_IDS });
  const parts = {
    // fingerprints of one run compare with each other and with nothing else
    reader: new EntryReader({
      fingerprintKey: randomBytes(32),
      addresses: sources.addresses,
      rules: sources.matcher,
    }),
    from: new GatewayContext(options.gateway, new SecretNames()),
    clock: systemClock,
  };
  for (const [index, file] of options.files.entries()) {
    for await (const chunk of readLogFile(file, parts)) {
      counts.entries += chunk.events.length + chunk.refused;
      counts.refused += chunk.refused;
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
