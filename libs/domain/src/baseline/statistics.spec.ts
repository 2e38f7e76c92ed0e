import { describe, expect, it } from '@jest/globals';
import { lnGamma, logUpperTail, upperQuantile } from './negative-binomial.ts';
import { wilsonInterval } from './wilson.ts';

/** Direct summation: right, but only for small numbers. */
const summedTail = (k: number, mean: number, size: number): number => {
  let below = 0;
  for (let i = 0; i < k; i++)
    below += Math.exp(
      lnGamma(i + size) -
        lnGamma(size) -
        lnGamma(i + 1) +
        size * Math.log(size / (size + mean)) +
        i * Math.log(mean / (size + mean)),
    );
  return 1 - below;
};

describe('negative binomial upper tail', () => {
  it.each([
    [1, 1, 1, Math.log(0.5)], // geometric with p = 1/2
    [3, 1, 1, Math.log(0.125)],
    [10, 1, 1, Math.log(2 ** -10)],
    [1000, 1, 1, 1000 * Math.log(0.5)], // far below the smallest double
    [0, 5, 2, 0],
  ])('knows the exact value of P(X ≥ %d), mean %d, size %d', (k, mean, size, expected) => {
    expect(logUpperTail(k, mean, size)).toBeCloseTo(expected, 8);
  });

  it.each([
    [12, 5, 3],
    [30, 20, 4],
    [5, 8, 0.7],
    [60, 40, 100],
  ])('agrees with the direct sum for k=%d mean=%d size=%d', (k, mean, size) => {
    expect(Math.exp(logUpperTail(k, mean, size))).toBeCloseTo(summedTail(k, mean, size), 9);
  });

  it('approaches Poisson for a large size', () => {
    // P(Poisson(10) ≥ 30) = 7.98e-8 (direct sum of the Poisson series)
    let p = 0;
    for (let i = 30; i < 80; i++) p += Math.exp(-10 + i * Math.log(10) - lnGamma(i + 1));
    expect(logUpperTail(30, 10, 1e9) / Math.log(p)).toBeCloseTo(1, 4);
  });

  it('stays finite and monotone for millions', () => {
    const near = logUpperTail(1_000_000, 900_000, 50);
    const far = logUpperTail(5_000_000, 900_000, 50);
    expect(Number.isFinite(near) && Number.isFinite(far)).toBe(true);
    expect(far).toBeLessThan(near);
  });

  it('finds the quantile that the tail agrees with', () => {
    const k = upperQuantile(Math.log(1e-6), 120, 3);
    expect(logUpperTail(k, 120, 3)).toBeLessThan(Math.log(1e-6));
    expect(logUpperTail(Math.floor(k * 0.99), 120, 3)).toBeGreaterThan(Math.log(1e-6));
  });
});

describe('Wilson lower bound', () => {
  it.each([
    [0, 10, 1.96, 0],
    [10, 10, 1.96, 0.7225],
    [5, 10, 1.96, 0.2366],
    [30, 50, 3, 0.3928],
    [0, 0, 3, 0],
  ])('%d of %d at z=%d is %d', (hits, n, z, expected) => {
    expect(wilsonInterval(hits, n, z).low).toBeCloseTo(expected, 3);
  });
});
