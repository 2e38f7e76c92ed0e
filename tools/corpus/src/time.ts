export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Wall-clock time of one place; daylight saving comes from the runtime's own tables. */
export class LocalTime {
  readonly #offsets = new Map<number, number>();
  readonly #format: Intl.DateTimeFormat;

  constructor(readonly zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', hour: 'numeric' });
  }

  /** ms since midnight there. */
  ofDay(at: number): number {
    const local = at + this.#offset(at);
    return ((local % DAY) + DAY) % DAY;
  }

  /** 0 Sunday … 6 Saturday. */
  weekday(at: number): number {
    return (Math.floor((at + this.#offset(at)) / DAY) + 4) % 7;
  }

  dayOfMonth(at: number): number {
    return new Date(at + this.#offset(at)).getUTCDate();
  }

  midnight(at: number): number {
    return at - this.ofDay(at);
  }

  #offset(at: number): number {
    const hour = Math.floor(at / HOUR);
    let offset = this.#offsets.get(hour);
    if (offset === undefined) {
      const text = this.#format.formatToParts(hour * HOUR).find((part) => part.type === 'timeZoneName')?.value ?? '';
      const found = /GMT([+-])(\d+):(\d+)/.exec(text);
      offset = found === null ? 0 : (found[1] === '-' ? -1 : 1) * (Number(found[2]) * HOUR + Number(found[3]) * MINUTE);
      this.#offsets.set(hour, offset);
    }
    return offset;
  }
}
