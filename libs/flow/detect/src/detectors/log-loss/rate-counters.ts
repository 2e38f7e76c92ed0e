import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Forgotten } from '../../engine/forgotten.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import type { CounterView } from './log-loss.detector.ts';

const BLOCK_MS = 30 * MINUTE_MS;
const MAX_MISSED = 64;

/** Requests of one caller in one minute: logged, and counted by Kong. */
interface CountedMinute {
  readonly minute: number;
  limit: number;
  least: number;
  most: number;
  logged: number;
}

/** Kong settles its minutes by the clock; a line may come a minute late. */
interface CallerMinutes {
  now: CountedMinute;
  before: CountedMinute | undefined;
}

interface Block {
  missing: number;
  logged: number;
  readonly missed: Set<string>;
}

const emptyBlock = (): Block => ({ missing: 0, logged: 0, missed: new Set() });

/** What the rate limits of one gateway counted against what it logged. */
export class GatewayCounters {
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  /** Event time since when lines are missing; Infinity: none are. */
  since = Infinity;
  #number = Number.NEGATIVE_INFINITY;
  #now = emptyBlock();
  #before = emptyBlock();
  #missingEarlier = 0;
  #loggedEarlier = 0;

  add(at: number, caller: string, missing: number, logged: number): void {
    const number = Math.floor(at / BLOCK_MS);
    if (number > this.#number) this.#turn(number);
    this.#now.missing += missing;
    this.#now.logged += logged;
    if (missing > 0 && this.#now.missed.size < MAX_MISSED) this.#now.missed.add(caller);
  }

  /** The last half to whole hour against all before. */
  view(): CounterView {
    return {
      missing: this.#now.missing + this.#before.missing,
      logged: this.#now.logged + this.#before.logged,
      callers: new Set([...this.#now.missed, ...this.#before.missed]).size,
      missingBefore: this.#missingEarlier,
      loggedBefore: this.#loggedEarlier,
    };
  }

  /** What is told is no habit. */
  told(at: number): void {
    this.reportedAt = at;
    this.since = Math.min(this.since, at - BLOCK_MS);
  }

  #turn(number: number): void {
    const told = this.reportedAt >= (this.#number - 1) * BLOCK_MS;
    if (!told) {
      this.#missingEarlier += this.#before.missing;
      this.#loggedEarlier += this.#before.logged;
      this.since = Infinity;
    }
    this.#before = number === this.#number + 1 ? this.#now : emptyBlock();
    if (number > this.#number + 1 && !told) {
      this.#missingEarlier += this.#now.missing;
      this.#loggedEarlier += this.#now.logged;
    }
    this.#now = emptyBlock();
    this.#number = number;
  }
}

export interface Settled {
  readonly missing: number;
  readonly logged: number;
  /** End of the minute; event time. */
  readonly at: number;
}

/**
 * The counters of rate limits as sequence numbers: what is left in a minute's window falls by one with each request, whoever logs it. Only
 * minutes are counted whose first request was logged (one less than the limit was left): then the window is a minute's, it is this caller's, and
 * `limit - least` requests were answered in it.
 */
export class RateCounters {
  readonly #callers: BoundedMap<CallerMinutes>;

  constructor(maxCallers: number) {
    this.#callers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#callers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#callers.forgetKeys(callers);
  }

  /** The minutes of the caller that the event ends, where they say something. */
  add(event: ApiEvent, key: string, lane: number): Settled | undefined {
    const minute = Math.floor(event.startedAt / MINUTE_MS);
    const known = this.#callers.get(key);
    if (known === undefined) {
      this.#callers.set(key, { now: counted(event, minute), before: undefined }, lane);
      return undefined;
    }
    if (minute === known.now.minute) {
      take(known.now, event);
      return undefined;
    }
    if (minute < known.now.minute) {
      if (known.before?.minute === minute) take(known.before, event);
      return undefined;
    }
    let settled = known.before && settle(known.before);
    if (minute > known.now.minute + 1) {
      settled = together(settled, settle(known.now));
      known.before = undefined;
    } else known.before = known.now;
    known.now = counted(event, minute);
    return settled;
  }
}

const counted = (event: ApiEvent, minute: number): CountedMinute => ({
  minute,
  limit: event.rateLimit,
  least: event.rateRemaining,
  most: event.rateRemaining,
  logged: 1,
});

const take = (one: CountedMinute, event: ApiEvent): void => {
  one.logged++;
  // Two limits in one minute: which counter is whose cannot be told.
  if (event.rateLimit !== one.limit) one.limit = Number.NaN;
  if (event.rateRemaining < one.least) one.least = event.rateRemaining;
  if (event.rateRemaining > one.most) one.most = event.rateRemaining;
};

const settle = ({ minute, limit, least, most, logged }: CountedMinute): Settled | undefined =>
  most === limit - 1
    ? { missing: Math.max(0, limit - least - logged), logged, at: (minute + 1) * MINUTE_MS }
    : undefined;

const together = (a: Settled | undefined, b: Settled | undefined): Settled | undefined =>
  a && b ? { missing: a.missing + b.missing, logged: a.logged + b.logged, at: b.at } : (a ?? b);
