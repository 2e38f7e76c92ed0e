import type { Random } from './random.ts';
import { DAY, HOUR, MINUTE, type LocalTime, type Span } from './time.ts';

/** Things that happen to an estate; each is benign. */
export const EVENTS = [
  'sale', 'outage', 'sdk-release', 'office-nat', 'newcomers', 'key-rotation', 'new-feature', 'typo-morning', 'dead-link', 'stale-fleet',
  'big-files', 'night-walk', 'odd-search', 'gdpr-export', 'holiday', 'monitoring', 'crawler', 'retry-client', 'deploy', 'campaign', 'dst', 'keyless',
] as const; // prettier-ignore
export type EventName = (typeof EVENTS)[number];

/** Whose rhythm: consumers' people, office hours, or none. */
export type Rhythm = 'people' | 'office' | 'machine';

/** How lively the estate is at a moment, and when its events happen. */
export class Mood {
  readonly sale: Span | undefined;
  readonly outage: Span | undefined;
  readonly holiday: number | undefined;
  readonly release: number;
  readonly feature: number;
  readonly rotation: number;
  readonly typos: number | undefined;
  readonly #saleFactor: number;
  readonly #deploy: number;
  readonly #weekend: Record<Rhythm, number>;

  constructor(
    random: Random,
    readonly local: LocalTime,
    span: Span,
    readonly events: ReadonlySet<EventName>,
  ) {
    const length = span.to - span.from;
    const moment = (low: number, high: number): number => span.from + length * random.between(low, high);
    /** A local hour of the day of some moment. */
    const hourOf = (at: number, low: number, high: number): number =>
      local.midnight(at) + random.between(low, high) * HOUR;
    const sale = hourOf(moment(0.5, 0.9), 9, 19);
    this.sale = events.has('sale') ? { from: sale, to: sale + random.between(2, 8) * HOUR } : undefined;
    this.#saleFactor = random.between(3, 5);
    this.#deploy = random.between(9.5, 17) * 60;
    const outage = hourOf(moment(0.4, 0.95), 8, 18);
    this.outage = events.has('outage') ? { from: outage, to: outage + random.between(4, 40) * MINUTE } : undefined;
    this.holiday = events.has('holiday') ? local.midnight(moment(0.4, 0.9)) : undefined;
    this.release = events.has('sdk-release') ? hourOf(moment(0.4, 0.7), 9, 12) : Infinity;
    this.feature = events.has('new-feature') ? hourOf(moment(0.5, 0.8), 8, 11) : Infinity;
    this.rotation = events.has('key-rotation') ? hourOf(moment(0.4, 0.8), 9, 16) : Infinity;
    this.typos = events.has('typo-morning') ? hourOf(moment(0.4, 0.9), 7.5, 8.5) : undefined;
    this.#weekend = { people: random.between(0.5, 1.3), office: random.between(0.02, 0.15), machine: 1 };
  }

  /** 1 at a busy hour of a working day. */
  demand(at: number, rhythm: Rhythm): number {
    if (rhythm === 'machine') return 1;
    const hour = this.local.ofDay(at) / HOUR;
    const day = this.local.weekday(at);
    const off = day === 0 || day === 6 || this.#isHoliday(at);
    const curve = rhythm === 'people' ? peopleCurve(hour) : officeCurve(hour);
    return (
      curve * (off ? this.#weekend[rhythm] : 1) * (rhythm === 'people' ? this.#surge(at) : Math.sqrt(this.#surge(at)))
    );
  }

  /** Half a minute of a working day, when a new version takes over. */
  deploying(at: number): boolean {
    const minute = this.local.ofDay(at) / MINUTE;
    return minute > this.#deploy && minute < this.#deploy + 0.4 && this.local.weekday(at) % 6 !== 0;
  }

  #isHoliday(at: number): boolean {
    return this.holiday !== undefined && at >= this.holiday && at < this.holiday + DAY;
  }

  #surge(at: number): number {
    if (this.sale === undefined || at < this.sale.from || at > this.sale.to) return 1;
    const ramp = Math.min(1, (at - this.sale.from) / (15 * MINUTE), (this.sale.to - at) / (20 * MINUTE));
    return 1 + (this.#saleFactor - 1) * ramp;
  }
}

/** Low at night, a dip at lunch, an evening peak. */
const peopleCurve = (hour: number): number => {
  if (hour < 6) return 0.05;
  const morning = Math.exp(-(((hour - 10.5) / 3) ** 2));
  const evening = Math.exp(-(((hour - 20) / 2.6) ** 2));
  return Math.max(0.06, 0.85 * morning + evening + (hour > 12 && hour < 19 ? 0.35 : 0));
};

/** Office hours with lunch. */
const officeCurve = (hour: number): number => {
  if (hour < 7 || hour > 19) return 0.01;
  if (hour > 12 && hour < 13) return 0.45;
  return Math.max(0.02, Math.min(1, (hour - 7) / 1.5, (18.5 - hour) / 1.5));
};
