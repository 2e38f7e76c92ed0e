import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = fileURLToPath(new URL('../../ts-loader.mjs', import.meta.url));

/** A TypeScript file of the project run as a process of its own, to be killed at any moment. */
export class TypescriptChild {
  /** Whole lines of its standard output; the last, cut one of a killed process is left out. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #errors = '';

  constructor(file: URL, args: readonly string[]) {
    this.#child = spawn(
      process.execPath,
      ['--conditions=@outrider/source', `--import=${LOADER}`, fileURLToPath(file), ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...environment(), NODE_OPTIONS: '' },
      },
    );
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    if (this.#child.stderr)
      createInterface({ input: this.#child.stderr }).on(
        'line',
        (line) => (this.#errors = `${this.#errors}${line}\n`.slice(-4_000)),
      );
    this.#ended = once(this.#child, 'close');
  }

  /** What it wrote to standard error, the last 4,000 characters. */
  get errors(): string {
    return this.#errors;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** E.g. SIGSTOP and SIGCONT. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** `kill -9`; resolves once all its output has been read. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** A child inherits the environment as it is; nothing is read from it here. */
const environment = (): NodeJS.ProcessEnv => process.env;
