import { hourOfWeek } from '../../knowledge/caller-profile.ts';
import { MINUTE_MS } from '../../windows/time.ts';

const RECENT = 15;
/** Weeks after which the past counts as much as the present. */
const KEEP = 0.75;

/** Minutes of one service: the newest singly, all by hour of the week, and the busiest. 2 KB. */
export class UsualMinutes {
  readonly #recent = new Uint32Array(RECENT);
  readonly #sums = new Float64Array(168);
  readonly #minutes = new Float64Array(168);
  #minute = Number.NEGATIVE_INFINITY;
  #count = 0;
  #seen = 0;
  max = 0;

  /** Minutes closed so far. */
  get minutes(): number {
    return this.#seen;
  }

  /** `teaches` false: the minute that ends now belongs to a rush, and is left out. */
  add(at: number, teaches: boolean): void {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute > this.#minute) this.#close(minute, teaches);
    if (minute === this.#minute) this.#count++;
  }

  /** Mean of the quarter of an hour that ended `minutesAgo` minutes ago, as far as it was seen. */
  get recent(): number {
    const n = Math.min(RECENT, this.#seen);
    if (n === 0) return 0;
    let sum = 0;
    for (const count of this.#recent) sum += count;
    return sum / n;
  }

  /** Mean of this hour of the week, half-shrunk to the same hour of all days; 0 while nothing is known. */
  usual(at: number): number {
    const hour = hourOfWeek(at);
    let sum = 0;
    let minutes = 0;
    for (let h = hour % 24; h < 168; h += 24) {
      sum += this.#sums[h] ?? 0;
      minutes += this.#minutes[h] ?? 0;
    }
    const day = minutes < 30 ? 0 : sum / minutes;
    const n = this.#minutes[hour] ?? 0;
    return n < 30 ? day : ((this.#sums[hour] ?? 0) / n + day) / 2;
  }

  #close(minute: number, teaches: boolean): void {
    const gap = minute - this.#minute;
    if (Number.isFinite(gap) && teaches) {
      this.#teach(this.#minute, this.#count);
      for (let empty = 1; empty < Math.min(gap, RECENT); empty++) this.#teach(this.#minute + empty, 0);
      if (gap > RECENT) this.#quiet(this.#minute + RECENT, gap - RECENT);
      this.#seen += gap;
    }
    if (!Number.isFinite(gap)) this.#recent.fill(0);
    this.#minute = minute;
    this.#count = 0;
  }

  #teach(minute: number, count: number): void {
    this.#recent[minute % RECENT] = count;
    if (count > this.max) this.max = count;
    this.#hour(minute, count, 1);
  }

  #hour(minute: number, count: number, minutes: number): void {
    const hour = hourOfWeek(minute * MINUTE_MS);
    if ((this.#minutes[hour] ?? 0) > 240) {
      this.#minutes[hour] = (this.#minutes[hour] ?? 0) * KEEP;
      this.#sums[hour] = (this.#sums[hour] ?? 0) * KEEP;
    }
    this.#sums[hour] = (this.#sums[hour] ?? 0) + count;
    this.#minutes[hour] = (this.#minutes[hour] ?? 0) + minutes;
  }

  /** Long silence, hour by hour. */
  #quiet(minute: number, minutes: number): void {
    for (let done = 0; done < Math.min(minutes, 7 * 1440); done += 60)
      this.#hour(minute + done, 0, Math.min(60, minutes - done));
  }
}
