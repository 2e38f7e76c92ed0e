// A look-up of a global costs much where a test runner puts each file into a context of its own.
const { imul, floor } = Math;

/** A seeded source of randomness: the same seed gives the same traffic. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2654435761) >>> 0;
  }

  /** 0 (included) … 1 (excluded); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = imul(t ^ (t >>> 15), t | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  integer(low: number, high: number): number {
    return floor(this.between(low, high + 1));
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[floor(this.next() * from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += floor(this.next() * 16).toString(16);
    return text;
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let n = 0;
    for (let p = this.next(); p > limit; p *= this.next()) n++;
    return n;
  }

  /** Gamma with mean 1 and shape `shape`: small shapes are bursty. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * ((shape + 1) / shape) * Math.pow(this.next() + 1e-12, 1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.next() + 1e-12) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
    }
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.next() + 1e-12)) * Math.cos(2 * Math.PI * this.next());
  }
}

/** Independent streams from one seed. */
export const seedOf = (seed: number, ...parts: readonly (string | number)[]): number => {
  let h = seed >>> 0;
  for (const c of parts.join('|')) h = imul(h ^ c.charCodeAt(0), 16777619) >>> 0;
  return h;
};
