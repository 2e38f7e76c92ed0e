import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { HOUR_MS } from '../../windows/time.ts';

const HOURS = 48;
const MAX_CALLERS = 16;

/** One gateway or service: when it was heard, and how much by hour of the day, weekdays and weekends apart. */
export class Source {
  lastAt: number;
  longestGapMs = 0;
  /** The pause that ended with the newest event; ms. */
  gapMs = 0;
  toldAt = Number.NEGATIVE_INFINITY;
  /** Of a gateway: all its silences so far; of a service: its gateway's when the service was last heard; ms. */
  deadMs = 0;
  /** A silence that is over, and the requests since: told once it is clear that the traffic goes on. */
  pending: { readonly from: number; readonly to: number; readonly everything: boolean; requests: number } | undefined;
  readonly callers = new Set<string>();
  readonly #sums = new Float64Array(HOURS);
  readonly #hours = new Float64Array(HOURS);
  #hour: number;
  #cell: number;

  constructor(
    readonly kind: 'gateway' | 'service',
    public event: ApiEvent,
    readonly firstAt: number,
  ) {
    this.lastAt = firstAt;
    this.#hour = Math.floor(firstAt / HOUR_MS);
    this.#cell = cellOf(firstAt);
    this.#hours[this.#cell] = 1;
  }

  heard(event: ApiEvent, at: number, callerKey: string): void {
    this.event = event;
    if (this.callers.size < MAX_CALLERS) this.callers.add(callerKey);
    const hour = Math.floor(at / HOUR_MS);
    if (hour > this.#hour) this.#turn(hour, at);
    this.#sums[this.#cell] = (this.#sums[this.#cell] ?? 0) + 1;
    this.gapMs = 0;
    if (at <= this.lastAt) return;
    this.gapMs = at - this.lastAt;
    this.lastAt = at;
  }

  /** The pause, or what is left of it without `deadMs`, is known from now on. */
  settle(deadMs: number, gapMs = this.gapMs): void {
    this.longestGapMs = Math.max(this.longestGapMs, gapMs - deadMs);
  }

  /** Requests that the time from the last event to `to` usually brings. */
  expected(from: number, to: number): number {
    let sum = 0;
    for (let at = from; at < to;) {
      const end = Math.min(to, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
      sum += (this.#mean(cellOf(at)) * (end - at)) / HOUR_MS;
      at = end;
    }
    return sum;
  }

  /** Hours of this kind of day; where none was seen, half of the quieter kind. */
  #mean(cell: number): number {
    const n = this.#hours[cell] ?? 0;
    if (n >= 1) return (this.#sums[cell] ?? 0) / n;
    const other = cell < 24 ? cell + 24 : cell - 24;
    const m = this.#hours[other] ?? 0;
    return m >= 1 ? (0.3 * (this.#sums[other] ?? 0)) / m : 0;
  }

  #turn(hour: number, at: number): void {
    for (let h = Math.max(this.#hour + 1, hour - 7 * 24); h <= hour; h++) {
      const cell = cellOf(h * HOUR_MS);
      this.#hours[cell] = (this.#hours[cell] ?? 0) + 1;
    }
    this.#hour = hour;
    this.#cell = cellOf(at);
  }
}

/** Hour of the day (UTC), and 24 more at weekends. 1970-01-01 was a Thursday. */
const cellOf = (at: number): number => {
  const day = Math.floor(at / (24 * HOUR_MS));
  return (Math.floor(at / HOUR_MS) % 24) + ((day + 3) % 7 >= 5 ? 24 : 0);
};
