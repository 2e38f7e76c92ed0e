import { envInteger } from '@outrider/platform/read-config';

/** What a process that detects learns again from the event store when it starts or takes partitions over. */
export const detectSettings = {
  /** Days that detectors' habits are learned again from; 0: only the last quarter of an hour. */
  RELEARN_DAYS: envInteger(0, 31).default(7),
  /** Stored events read for it at most, the newest: how long a start may last, and how much an analyzer knows after it. */
  RELEARN_MAX_EVENTS: envInteger(1_000, 100_000_000).default(1_000_000),
};
