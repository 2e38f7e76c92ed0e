import { HOUR_MS } from '../../windows/time.ts';

const CELLS = 48;

/** What the hours of the day (UTC) bring, weekdays and weekends apart: means of whole hours. */
export class Hours {
  readonly #sums = new Float64Array(CELLS);
  readonly #hours = new Uint16Array(CELLS);

  /** A whole hour, by its number since 1970. */
  add(hour: number, n: number): void {
    const cell = cellOf(hour);
    this.#sums[cell] = (this.#sums[cell] ?? 0) + n;
    if ((this.#hours[cell] ?? 0) < 65_535) this.#hours[cell] = (this.#hours[cell] ?? 0) + 1;
  }

  /** Of the hour and its neighbours the quietest, for daylight saving and people move the edges of a day; undefined where it was never seen. */
  quietest(hour: number): number | undefined {
    const own = this.#mean(hour);
    if (own === undefined) return undefined;
    return Math.min(own, this.#mean(hour - 1) ?? own, this.#mean(hour + 1) ?? own);
  }

  #mean(hour: number): number | undefined {
    const cell = cellOf(hour);
    const n = this.#hours[cell] ?? 0;
    return n === 0 ? undefined : (this.#sums[cell] ?? 0) / n;
  }
}

/** Hour of the day, and 24 more at weekends. 1970-01-01 was a Thursday. */
const cellOf = (hour: number): number => {
  const day = Math.floor(hour / 24);
  return (hour % 24) + ((day + 3) % 7 >= 5 ? 24 : 0);
};

export const hourOfMinute = (minute: number): number => Math.floor((minute * 60_000) / HOUR_MS);
