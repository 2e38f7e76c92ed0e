/** Gaps between the requests of one caller at one endpoint: their number, mean and spread (Welford), in constant room. */
export class GapStatistics {
  n = 0;
  mean = 0;
  #m2 = 0;

  constructor(public lastAt: number) {}

  /** A pause of `pauseMs` starts anew. */
  add(at: number, pauseMs: number): 'gap' | 'pause' | 'late' {
    const gap = at - this.lastAt;
    if (gap < 0) return 'late';
    this.lastAt = at;
    if (gap > pauseMs) {
      this.restart();
      return 'pause';
    }
    this.n++;
    const delta = gap - this.mean;
    this.mean += delta / this.n;
    this.#m2 += delta * (gap - this.mean);
    return 'gap';
  }

  restart(): void {
    this.n = 0;
    this.mean = 0;
    this.#m2 = 0;
  }

  /** Standard deviation ÷ mean; Infinity without gaps. */
  get variation(): number {
    return this.n < 2 || this.mean === 0 ? Infinity : Math.sqrt(this.#m2 / (this.n - 1)) / this.mean;
  }
}
