import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { Holes } from './holes.ts';
import { hourOfMinute, Hours } from './hours.ts';
import { Lull } from './lull.ts';

/** Minutes that are remembered one by one, and those of them that show how it is going. */
const RING = 180;
const LATELY = 20;
/** Requests of one caller count once in so many ms, as long as it is among the latest few: a bulk job is one caller. */
const REPEAT_MS = 30_000;
/** The same where several call: who is heard matters more than how often. */
const REPEAT_OF_MANY_MS = 120_000;
const MANY = 4;
const LATEST = 8;
/** Requests after which the traffic is back, and minutes within which they must come: what trickles in after the end of a file is no return. */
const RETURNED = 8;
const RETURN_MINUTES = 20;
/** Evidence from which a source is no witness that others are silent; and from which an hour is no example. */
const DOUBTFUL = 5;
const SUSPECT = 20;
/** Minutes of an hour without a witness after which it is no example. */
const MAX_UNSEEN = 10;
const MAX_CALLERS = 16;
const DAY_MINUTES = DAY_MS / MINUTE_MS;

/** One gateway or service: when it was heard, how much of it is usual, and the lull that it may be in. */
export class Source {
  lastAt: number;
  longestGapMs = 0;
  lull: Lull | undefined;
  /** Over, and not judged yet. */
  ended: Lull | undefined;
  /** Strongest evidence for a silence that there was none. */
  maxScore = 0;
  readonly callers = new Set<string | object>();
  readonly holes = new Holes();
  readonly #hours = new Hours();
  readonly #ring = new Uint16Array(RING);
  #ringSum = 0;
  #latelySum = 0;
  readonly #firstMinute: number;
  /** The minute that is open, and what it had. */
  #minute: number;
  #n = 0;
  #hourSum = 0;
  /** The hour is no example: it began before the source was known, or was silent. */
  #spoiled = true;
  #unseen = 0;
  readonly #latest: (string | object)[] = [];
  readonly #countedAt = new Float64Array(LATEST);
  #next = 0;

  constructor(
    readonly kind: 'gateway' | 'service',
    public event: ApiEvent,
    readonly firstAt: number,
  ) {
    this.lastAt = firstAt;
    this.#minute = Math.floor(firstAt / MINUTE_MS);
    this.#firstMinute = this.#minute;
  }

  /** `who`: the same for the same caller. */
  heard(event: ApiEvent, at: number, who: string | object): void {
    this.event = event;
    if (at > this.lastAt) {
      const gap = at - this.lastAt;
      if (gap > this.longestGapMs) this.longestGapMs = gap;
      this.lastAt = at;
    }
    let place = this.#latest.indexOf(who);
    const repeatMs = this.callers.size < MANY ? REPEAT_MS : REPEAT_OF_MANY_MS;
    if (place >= 0 && at - (this.#countedAt[place] ?? 0) < repeatMs) return;
    if (place < 0) {
      place = this.#next;
      this.#next = (place + 1) % LATEST;
      this.#latest[place] = who;
      if (this.callers.size < MAX_CALLERS) this.callers.add(who);
    }
    this.#countedAt[place] = at;
    this.#n++;
  }

  /** Whether time may have to be closed before an event of `at` counts. */
  isBehind(at: number): boolean {
    return at >= (this.#minute + 1) * MINUTE_MS;
  }

  /** Closes the minutes before `at`. `alive`: whether others were heard in that minute; where they were not, nothing is missed. */
  close(at: number, alive?: (minute: number) => boolean): void {
    const to = Math.floor(at / MINUTE_MS);
    for (const stop = Math.min(to, this.#minute + DAY_MINUTES); this.#minute < stop; this.#minute++)
      this.#closeMinute(this.#minute, this.#take(), alive);
    if (this.#minute >= to) return;
    // silent for more than a day: nothing can be added to that
    this.#ring.fill(0);
    this.#ringSum = 0;
    this.#latelySum = 0;
    this.#minute = to;
    this.#hourSum = 0;
    this.#spoiled = true;
  }

  /** Whether a minute of the last three hours had a fair part of what is usual. */
  aliveAt(minute: number): boolean {
    if (minute <= this.#minute - RING || minute > this.#minute) return false;
    const n = minute === this.#minute ? this.#n : (this.#ring[minute % RING] ?? 0);
    return n >= 1 && (this.lull === undefined || this.lull.score < DOUBTFUL);
  }

  #take(): number {
    const n = this.#n;
    this.#n = 0;
    return n;
  }

  #closeMinute(minute: number, n: number, alive: ((minute: number) => boolean) | undefined): void {
    if (n > 0 || alive === undefined || alive(minute)) this.#judge(minute, n);
    else if (++this.#unseen > MAX_UNSEEN) this.#spoiled = true;
    this.#push(minute, n);
    this.#hourSum += n;
    if (hourOfMinute(minute + 1) === hourOfMinute(minute)) return;
    if (!this.#spoiled) this.#hours.add(hourOfMinute(minute), this.#hourSum);
    this.#hourSum = 0;
    this.#unseen = 0;
    this.#spoiled = false;
  }

  #judge(minute: number, n: number): void {
    const usual = this.#usual(minute);
    const lull = (this.lull ??= new Lull(minute, this.#lately(minute), this.longestGapMs));
    lull.add(minute, n, Math.min(usual, lull.lately));
    if (lull.peak >= SUSPECT && lull.peak >= 3 * this.maxScore) this.#spoiled = true;
    if (lull.score > 0 && lull.returned < RETURNED) return;
    if (minute - lull.peakAt <= RETURN_MINUTES) this.ended = lull;
    this.lull = undefined;
  }

  /** By its hours, per minute; anything in the first day, when they are not known yet. */
  #usual(minute: number): number {
    const hour = this.#hours.quietest(hourOfMinute(minute));
    if (hour !== undefined) return (hour * MINUTE_MS) / HOUR_MS;
    return minute - this.#firstMinute < DAY_MINUTES ? Number.POSITIVE_INFINITY : 0;
  }

  /** By the last minutes and hours, the lesser: what just ended has ended before. */
  #lately(minute: number): number {
    const known = Math.max(1, Math.min(RING, minute - this.#firstMinute));
    return Math.min(this.#ringSum / known, this.#latelySum / Math.min(LATELY, known));
  }

  #push(minute: number, n: number): void {
    const count = Math.min(65_535, n);
    const cell = minute % RING;
    this.#ringSum += count - (this.#ring[cell] ?? 0);
    this.#latelySum += count - (this.#ring[(minute - LATELY + RING) % RING] ?? 0);
    this.#ring[cell] = count;
  }
}
