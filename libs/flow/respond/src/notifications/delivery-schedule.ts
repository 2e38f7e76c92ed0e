const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Wait before each attempt; ms. */
export const DELIVERY_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A receiver may ask for more patience, within reason. */
const MAX_RETRY_AFTER_MS = 24 * HOUR;
const JITTER = 0.1;

/** When to try again after `attempts` attempts, ms from now; undefined when that was the last. `random` is 0 … 1. */
export const nextDelayMs = (attempts: number, retryAfterMs: number | undefined, random: number): number | undefined => {
  const planned = DELIVERY_DELAYS_MS[attempts];
  if (planned === undefined) return undefined;
  const jittered = Math.round(planned * (1 + JITTER * random));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
};
