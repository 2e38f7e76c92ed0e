/**
 * Tails of the negative binomial distribution, the law of over-dispersed counts. Works in log space with a continued fraction, so
 * that tails far below 1e-300 keep their order and nothing overflows for counts of millions.
 */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln P(X ≥ k) for X with mean `mean` and size (dispersion) `size`: variance = mean + mean²/size. 0 when k ≤ 0. */
export const logUpperTail = (k: number, mean: number, size: number): number => {
  if (k <= 0) return 0;
  if (mean <= 0) return -Infinity;
  // P(X ≥ k) = I_x(k, size) with x = mean / (mean + size).
  const x = mean / (mean + size);
  return logIncompleteBeta(x, size / (mean + size), Math.ceil(k), size);
};

/** Smallest count (to 0.1 %) whose upper tail is below exp(`logP`). */
export const upperQuantile = (logP: number, mean: number, size: number): number => {
  let high = Math.max(4, Math.ceil(mean) * 2);
  while (logUpperTail(high, mean, size) >= logP && high < 1e12) high *= 2;
  let low = Math.floor(mean);
  while (high - low > Math.max(1, high * 0.001)) {
    const middle = Math.floor((low + high) / 2);
    if (logUpperTail(middle, mean, size) < logP) high = middle;
    else low = middle;
  }
  return high;
};

/** Largest count k (to 0.1 %) with P(X < k) ≤ `p`; 0 where even nothing at all is not that rare. `p` not below 1e-12. */
export const lowerQuantile = (p: number, mean: number, size: number): number => {
  const below = (k: number): number => -Math.expm1(logUpperTail(k, mean, size));
  let low = 0;
  let high = Math.ceil(mean);
  if (mean <= 0 || below(1) > p) return 0;
  while (high - low > Math.max(1, high * 0.001)) {
    const middle = Math.floor((low + high) / 2);
    if (below(middle) <= p) low = middle;
    else high = middle;
  }
  return low;
};

/** Lanczos, 15 digits for z > 0. */
export const lnGamma = (z: number): number => {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - lnGamma(1 - z);
  const t = z + 6.5;
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (z + i - 1);
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(sum);
};

/** `y` = 1 − x is handed in, because 1 − x loses all digits when x is near 1. */
const logIncompleteBeta = (x: number, y: number, a: number, b: number): number => {
  const logFront = lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log(y);
  if (x < (a + 1) / (a + b + 2)) return logFront + Math.log(continuedFraction(x, a, b)) - Math.log(a);
  const complement = Math.exp(logFront + Math.log(continuedFraction(y, b, a)) - Math.log(b));
  return Math.log1p(-Math.min(complement, 1 - 1e-16));
};

const ITERATIONS = 500;
const TINY = 1e-300;

/** Lentz's method. */
const continuedFraction = (x: number, a: number, b: number): number => {
  let c = 1;
  let d = guard(1 - ((a + b) * x) / (a + 1));
  d = 1 / d;
  let h = d;
  for (let m = 1; m <= ITERATIONS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-12) break;
  }
  return h;
};

const guard = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
