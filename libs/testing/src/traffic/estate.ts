import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Random, seedOf } from './random.ts';

const MINUTE_MS = 60_000;

/** One line of traffic: who it is, and what it sends in each minute. */
export interface Actor {
  readonly name: string;
  /** Requests that begin in the minute; pure for the same minute and random source. */
  minute(minuteStart: number, random: Random): ApiEvent[];
}

/** Actors over a span of time, generated minute by minute, the same at every pass. */
export class Estate {
  constructor(
    readonly seed: number,
    readonly from: number,
    readonly to: number,
    readonly actors: readonly Actor[],
  ) {}

  /** Events in order of event time, about an hour at a time. */
  *chunks(minutesAChunk = 30): Generator<ApiEvent[]> {
    for (let at = this.from; at < this.to; at += minutesAChunk * MINUTE_MS) {
      const chunk: ApiEvent[] = [];
      for (let minute = at; minute < Math.min(this.to, at + minutesAChunk * MINUTE_MS); minute += MINUTE_MS)
        for (const actor of this.actors) {
          const events = actor.minute(minute, new Random(seedOf(this.seed, actor.name, minute / MINUTE_MS)));
          for (const event of events) chunk.push(event);
        }
      yield chunk.sort((a, b) => a.startedAt - b.startedAt);
    }
  }

  async *stream(): AsyncGenerator<readonly ApiEvent[]> {
    yield* this.chunks();
  }
}
