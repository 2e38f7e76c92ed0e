import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { DAY_MS, HOUR_MS, WINDOW_MS } from '../windows/time.ts';
import { Spans, sumAt } from './walk.ts';

/**
 * What a caller creates and changes. A job that works through records (an invoice for each customer, a delivery for each request for one's
 * data) leaves something behind for each that it reads; who copies them leaves nothing. What it makes all along says nothing about what it
 * reads now, so that only more than it ever made counts.
 */
export class Made {
  readonly #window = new Spans(WINDOW_MS);
  readonly #hour = new Spans(HOUR_MS);
  readonly #day = new Spans(DAY_MS / 2);

  add(at: number): void {
    for (const spans of [this.#window, this.#hour, this.#day]) spans.add(at, 1, true);
  }

  /** It did so in hours that are over. */
  get isUsual(): boolean {
    return this.#hour.filled > 0;
  }

  /** Of five to ten minutes. */
  window(at: number): number {
    return overHabit(this.#window, at);
  }

  /** Of one to two hours. */
  hour(at: number): number {
    return overHabit(this.#hour, at);
  }

  /** Of half a day to a day. */
  day(at: number): number {
    return overHabit(this.#day, at);
  }
}

/** Something was created or changed, and the answer says so: a POST that is answered 200 may be a search. */
export const isMaking = ({ method, status }: Pick<ApiEvent, 'method' | 'status'>): boolean =>
  method === 'POST'
    ? status === 201 || status === 202 || status === 204
    : (method === 'PUT' || method === 'PATCH') && status >= 200 && status < 300;

/** What is in a span beyond the most that ever was in such a time. */
export const overHabit = (spans: Spans, at: number): number => Math.max(0, sumAt(spans, at) - spans.most);
