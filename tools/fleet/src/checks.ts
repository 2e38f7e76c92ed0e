import { inspect } from 'node:util';

/** What a suite holds to be true: counted, said, and never the end of the run. */
export class Checks {
  passed = 0;
  failed = 0;

  /** One guarantee. `detail` is what was counted. */
  that(guarantee: string, holds: boolean, detail: unknown = ''): void {
    const text = typeof detail === 'string' ? detail : inspect(detail, { depth: 6, breakLength: 160 });
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${guarantee}${text === '' ? '' : ` (${text})`}`);
    if (holds) this.passed++;
    else this.failed++;
  }

  equal(guarantee: string, actual: unknown, expected: unknown): void {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    this.that(guarantee, is === should, is === should ? short(is) : `${is}, expected ${should}`);
  }

  /** A step of a suite; what it throws is one failure with `tails` beneath it. */
  async step(name: string, work: () => Promise<void>, tails: () => string = () => ''): Promise<void> {
    const began = performance.now();
    const failedBefore = this.failed;
    try {
      await work();
    } catch (error) {
      this.failed++;
      console.log(`FAIL ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    if (this.failed > failedBefore) console.log(tails());
    console.log(`     ${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }

  get summary(): string {
    return `Tests: ${this.failed} failed, ${this.passed} passed, ${this.passed + this.failed} total`;
  }
}

const LONGEST_DETAIL = 120;
const short = (text: string | undefined): string =>
  text === undefined ? '' : text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL)}…` : text;
