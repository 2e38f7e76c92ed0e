import type { MinuteCount } from '@outrider/ports/event-store';
import { blockOf, MINUTE_MS, WINDOW_MS } from '../windows/time.ts';
import type { TeachingTime } from './teaching-time.ts';

const MINUTES = WINDOW_MS / MINUTE_MS;
/** 15 days: what a baseline looks back, with slack. */
const MAX_BLOCKS = 15 * 288;
const TRIM_AT = MAX_BLOCKS + 512;

/** A span of blocks (inclusive) that must not teach: an alert was open, or a person said so. */
export interface BlockSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * What one caller did so far, in blocks of five minutes; blocks without traffic take no room. Only blocks that no alert covers are
 * kept. Filled once from the event store, then block by block from the short windows.
 */
export class CallerHistory {
  /** Block numbers, ascending, and per block: requests, busiest five minutes that end in it, busiest minute. */
  readonly blocks: number[] = [];
  readonly sums: number[] = [];
  readonly peaks: number[] = [];
  readonly minutePeaks: number[] = [];
  /** Blocks before this one are in here; the rest is still in the short window. */
  foldedThrough: number;
  /** First block of this caller's life. */
  since: number;
  activeMinutes = 0;
  requests = 0;
  serverErrors = 0;
  clientErrors = 0;
  /** What people had said when it was read. */
  said: TeachingTime | undefined;
  /** Ascending, without overlap. */
  readonly excluded: BlockSpan[] = [];
  #tail = new Float64Array(MINUTES);
  #tailBlock = Number.NEGATIVE_INFINITY;

  constructor(since: number, foldedThrough: number) {
    this.since = since;
    this.foldedThrough = foldedThrough;
  }

  /** From the store's per-minute rows (any order): of blocks before `cutoffBlock`, and of those that `said` lets teach. */
  static fromMinutes(
    rows: readonly MinuteCount[],
    cutoffBlock: number,
    alerted: readonly BlockSpan[],
    said?: TeachingTime,
  ): CallerHistory {
    const firstBlock = firstTaughtBlock(said);
    const excluded = [...alerted, ...excludedBlocks(said)];
    const sorted = rows
      .filter(({ minute }) => blockOf(minute) >= firstBlock && blockOf(minute) < cutoffBlock)
      .sort((a, b) => a.minute - b.minute);
    const first = sorted[0];
    const history = new CallerHistory(first ? blockOf(first.minute) : cutoffBlock, cutoffBlock);
    history.said = said;
    for (const { from, to } of [...excluded].sort((a, b) => a.from - b.from)) history.#exclude(from, to);
    const minutes = new Float64Array(MINUTES);
    let block = Number.NaN;
    const flush = (): void => {
      if (Number.isNaN(block)) return;
      history.addBlock(block, minutes, isWithin(block, excluded));
      minutes.fill(0);
    };
    for (const row of sorted) {
      const of = blockOf(row.minute);
      if (of !== block) {
        flush();
        block = of;
      }
      const minute = Math.floor((row.minute % WINDOW_MS) / MINUTE_MS);
      minutes[minute] = (minutes[minute] ?? 0) + row.requests;
      if (isWithin(of, excluded)) continue;
      history.serverErrors += row.serverErrors;
      history.clientErrors += row.clientErrors;
    }
    flush();
    return history;
  }

  /** `minutes` holds the five counts of the block. Blocks come in ascending order. */
  addBlock(block: number, minutes: Readonly<Float64Array>, excluded: boolean): void {
    if (excluded) {
      if (!isWithin(block, this.excluded)) this.#exclude(block, block);
      this.#tailBlock = Number.NEGATIVE_INFINITY;
      return;
    }
    const before = this.#tailBlock === block - 1 ? this.#tail : undefined;
    let sum = 0;
    let peak = 0;
    let minutePeak = 0;
    // Five minutes that end with minute i: the last 4 − i of the block before and the first i + 1 of this one.
    let sliding = before ? before.reduce((a, b) => a + b, 0) : 0;
    for (let i = 0; i < MINUTES; i++) {
      const n = minutes[i] ?? 0;
      sum += n;
      sliding += n - (before?.[i] ?? 0);
      if (sliding > peak) peak = sliding;
      if (n > minutePeak) minutePeak = n;
      if (n > 0) this.activeMinutes++;
    }
    this.#tail.set(minutes);
    this.#tailBlock = block;
    if (peak === 0) return;
    this.requests += sum;
    this.blocks.push(block);
    this.sums.push(sum);
    this.peaks.push(peak);
    this.minutePeaks.push(minutePeak);
    if (this.blocks.length > TRIM_AT || block - (this.blocks[0] ?? block) > TRIM_AT) this.#trim(block - MAX_BLOCKS);
  }

  /** Blocks from `from` until before `to` that must not teach, whether or not anything happened in them. */
  excludedWithin(from: number, to: number): number {
    let n = 0;
    for (const span of this.excluded) n += Math.max(0, Math.min(span.to + 1, to) - Math.max(span.from, from));
    return n;
  }

  /** Whether a block must not teach by what people said; alerts are the caller's matter. */
  isExcluded(block: number): boolean {
    return block < firstTaughtBlock(this.said) || isWithin(block, excludedBlocks(this.said));
  }

  /** In order of `from`. */
  #exclude(from: number, to: number): void {
    const last = this.excluded.at(-1);
    if (last !== undefined && from >= last.from && from <= last.to + 1)
      this.excluded[this.excluded.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else this.excluded.push({ from, to });
  }

  #trim(oldest: number): void {
    let n = 0;
    while (n < this.blocks.length && (this.blocks[n] ?? 0) < oldest) n++;
    for (const column of [this.blocks, this.sums, this.peaks, this.minutePeaks]) column.splice(0, n);
  }
}

/** Whole blocks teach: the one that a reset falls into does not. */
const firstTaughtBlock = (said: TeachingTime | undefined): number =>
  said === undefined ? Number.NEGATIVE_INFINITY : Math.ceil(said.from / WINDOW_MS);

const excludedBlocks = (said: TeachingTime | undefined): readonly BlockSpan[] =>
  said === undefined ? [] : said.excluded.map(({ from, to }) => ({ from: blockOf(from), to: blockOf(to) }));

const isWithin = (block: number, spans: readonly BlockSpan[]): boolean =>
  spans.some((span) => block >= span.from && block <= span.to);
