/** Lower bound of Wilson's score interval of a ratio: what the ratio is at least, given `hits` of `n`, at `z` standard deviations. */
export const wilsonLowerBound = (hits: number, n: number, z: number): number => {
  if (n <= 0) return 0;
  const ratio = Math.min(1, Math.max(0, hits / n));
  const zz = (z * z) / n;
  return Math.max(0, (ratio + zz / 2 - z * Math.sqrt((ratio * (1 - ratio)) / n + zz / (4 * n))) / (1 + zz));
};
