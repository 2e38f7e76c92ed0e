import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DeadLetter } from '@outrider/ports/event-store';

/** Why an entry could not be read. Fixed: these are metric labels and what operators search for. */
export type RefusalReason =
  | 'not-json' // no JSON at all
  | 'not-an-object' // JSON, but an array, string, number, …
  | 'no-request' // neither `request` nor `session`
  | 'no-time' // no `started_at`
  | 'bad-time' // `started_at` is no time between 2000 and 2100, or years away from its receipt
  | 'too-long'; // longer than the line bound

/** What became of one log entry. */
export type Outcome =
  | { readonly kind: 'pass'; readonly event: ApiEvent }
  | {
      readonly kind: 'dead-letter';
      readonly reason: RefusalReason;
      /** What was wrong, without any value from the entry. */
      readonly detail: string;
      /** The redacted letter. Costs a hash, so it is made only when it will be kept; to be called before the entry's bytes are reused. */
      readonly letter: () => DeadLetter;
    };

/** How an entry came in; a metric label. */
export type Transport = 'tcp' | 'tls' | 'http' | 'file';
