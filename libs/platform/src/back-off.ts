/** Exponential back-off with full jitter: between half and the whole of `baseMs · 2^attempt`, at most `maxMs`. `random` is 0 … 1. */
export const backOffMs = (attempt: number, baseMs: number, maxMs: number, random: number): number => {
  const whole = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
};
