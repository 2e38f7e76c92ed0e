/** Wilson's score interval of a ratio: what it is at least and at most, given `hits` of `n`, at `z` standard deviations. */
export const wilsonInterval = (hits: number, n: number, z: number): { readonly low: number; readonly high: number } => {
  if (n <= 0) return { low: 0, high: 1 };
  const ratio = Math.min(1, Math.max(0, hits / n));
  const zz = (z * z) / n;
  const middle = ratio + zz / 2;
  const half = z * Math.sqrt((ratio * (1 - ratio)) / n + zz / (4 * n));
  return { low: Math.max(0, (middle - half) / (1 + zz)), high: Math.min(1, (middle + half) / (1 + zz)) };
};

/** Standard deviations that a normal value exceeds with probability `p` (0 < p < 0.5), to 4.5e-4 (Abramowitz & Stegun 26.2.23). */
export const normalQuantile = (p: number): number => {
  const t = Math.sqrt(-2 * Math.log(p));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
};
