import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { findingOf } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeOrder, LOG_LOSS_VERSION } from './log-loss.detector.ts';
import { LogLossSettings } from './log-loss.settings.ts';

/** Lines before and after a line that it is compared with. */
const REACH = 32;
const RING = 2 * REACH + 1;
/** Of each side, so many must be earlier: a line after a pause, or at the seam of two files, has them on one side only. */
const EARLIER = 8;
/** True time after which lines of the future are another matter; ms. */
const EPISODE_GAP_MS = HOUR_MS;
const MAX_FINDINGS = 20;

/** Lines of the future, one after the other, as long as they keep coming. */
class Episode {
  readonly evidence = new Evidence();
  ahead = 0;
  toldAt = 0;
  skewMs = 0;
  #squares = 0;
  lines = 0;
  backsteps = 0;
  lastAt: number;

  constructor(
    readonly firstAt: number,
    public event: ApiEvent,
  ) {
    this.lastAt = firstAt;
  }

  add(event: ApiEvent, at: number, skewMs: number, enough: number): void {
    this.ahead++;
    this.event = event;
    this.lastAt = Math.max(this.lastAt, at);
    const delta = skewMs - this.skewMs;
    this.skewMs += delta / this.ahead;
    this.#squares += delta * (skewMs - this.skewMs);
    if (this.ahead === enough) this.toldAt = at;
    this.evidence.add(event, at);
  }

  get durationMs(): number {
    return this.lastAt - this.firstAt;
  }

  get spreadMs(): number {
    return Math.sqrt(this.#squares / Math.max(1, this.ahead - 1));
  }
}

/**
 * What the order of a file's lines says of its clocks. Kong writes a line when its request is over: a line that ended minutes after its
 * neighbours on both sides, by an offset that stays the same, is of a clock that is wrong or was not written by Kong. Lines that come late
 * (what a shipper held back) have an offset that shrinks; files that were put together in any order have it on one side only; and files
 * that somebody sorted have their long requests where those began, so that a line counts only when it also began after its neighbours.
 * A line in order costs a comparison.
 */
export class LogOrder {
  readonly #events: ApiEvent[] = [];
  readonly #ends = new Float64Array(RING);
  readonly #findings: Finding[] = [];
  #lines = 0;
  #latest = Number.NEGATIVE_INFINITY;
  #latestBefore = Number.NEGATIVE_INFINITY;
  #suspectUntil = -1;
  #orderly = Number.NEGATIVE_INFINITY;
  #episode: Episode | undefined;

  constructor(private readonly settings: LogLossSettings = LogLossSettings.parse({})) {}

  /** Lines of one file, in its order; duplicates left out. */
  read(event: ApiEvent): void {
    const end = event.startedAt + Math.max(0, event.latencyTotalMs);
    const cell = this.#lines % RING;
    this.#events[cell] = event;
    this.#ends[cell] = end;
    if (cell === 0) {
      this.#latestBefore = this.#latest;
      this.#latest = end;
    }
    if (end < Math.max(this.#latest, this.#latestBefore) - this.#aheadMs) this.#suspectUntil = this.#lines + RING;
    else if (end > this.#latest) this.#latest = end;
    this.#lines++;
    if (this.#lines >= RING && this.#lines - REACH <= this.#suspectUntil) this.#judge(this.#lines - REACH - 1);
  }

  /** The file is over. */
  endFile(): void {
    this.#close();
    this.#lines = 0;
    this.#latest = Number.NEGATIVE_INFINITY;
    this.#latestBefore = Number.NEGATIVE_INFINITY;
    this.#suspectUntil = -1;
    this.#orderly = Number.NEGATIVE_INFINITY;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get #aheadMs(): number {
    return this.settings.maxAheadMinutes * MINUTE_MS;
  }

  #judge(line: number): void {
    const end = this.#endOf(line);
    const limit = end - this.#aheadMs;
    const began = (this.#events[line % RING]?.startedAt ?? 0) - this.#aheadMs;
    let before = 0;
    let after = 0;
    let nearestBefore = 0;
    let nearestAfter = 0;
    for (let i = line - REACH; i < line; i++) {
      if (this.#endOf(i) >= limit || this.#beganAt(i) >= began) continue;
      before++;
      nearestBefore = this.#endOf(i);
    }
    for (let i = line + REACH; i > line; i--) {
      if (this.#endOf(i) >= limit || this.#beganAt(i) >= began) continue;
      after++;
      nearestAfter = this.#endOf(i);
    }
    const episode = this.#episode;
    if (episode) episode.lines++;
    if (before >= EARLIER && after >= EARLIER) this.#ahead(line, end, (nearestBefore + nearestAfter) / 2);
    else {
      if (episode && end < this.#orderly - this.#aheadMs) episode.backsteps++;
      this.#orderly = end;
    }
  }

  #ahead(line: number, end: number, at: number): void {
    const event = this.#events[line % RING];
    if (event === undefined) return;
    if (this.#episode !== undefined && at - this.#episode.lastAt > EPISODE_GAP_MS) this.#close();
    const episode = (this.#episode ??= new Episode(at, event));
    if (episode.lines === 0) episode.lines = 1;
    episode.add(event, at, end - at, this.settings.count10m);
  }

  #close(): void {
    const episode = this.#episode;
    this.#episode = undefined;
    if (episode === undefined || this.#findings.length >= MAX_FINDINGS) return;
    const verdict = judgeOrder(episode, this.settings);
    if (!verdict) return;
    const { event, ahead, lines } = episode;
    const found = findingOf({
      event,
      entity: { kind: 'gateway', id: event.gateway, name: event.gateway },
      type: 'log-loss',
      version: LOG_LOSS_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at: episode.toldAt,
      from: episode.firstAt,
      observed: { metric: 'lines from the future', value: ahead, unit: `of ${lines}` },
      expected: { low: 0, high: this.settings.count10m - 1, mean: 0, n: lines, p: 1, warmUp: 'learning' },
      explanation: `${ahead} of ${lines} lines of gateway ${event.gateway} say that their requests ended ${Math.round(episode.skewMs / MINUTE_MS)} min later than those of the lines before and after them in the file. A clock is wrong, or these lines were not written by Kong; what order they tell cannot be relied on.`,
      evidence: episode.evidence,
    });
    this.#findings.push(found);
  }

  #beganAt(line: number): number {
    return this.#events[line % RING]?.startedAt ?? 0;
  }

  #endOf(line: number): number {
    return this.#ends[line % RING] ?? 0;
  }
}
