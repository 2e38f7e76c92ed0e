import { isAlive } from '@outrider/platform/process-alive';
import { stopPostmaster, type Endpoint } from './postmaster.ts';

const LOOK_EVERY_MS = 500;

/**
 * Looks whether the server lives, and has it started again (on the same port, so that open pools find it) when it was killed: by the
 * kernel for memory, or by hand. Without it an embedded Outrider would stay without its control store until somebody restarts it.
 */
export class Supervisor {
  #endpoint: Endpoint;
  #timer: NodeJS.Timeout | undefined;
  #relaunching: Promise<void> | undefined;

  constructor(
    endpoint: Endpoint,
    private readonly relaunch: () => Promise<Endpoint>,
    private readonly log: (line: string) => void,
  ) {
    this.#endpoint = endpoint;
  }

  get pid(): number {
    return this.#endpoint.pid;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#relaunching;
    await stopPostmaster(this.#endpoint.pid);
  }

  #look(): void {
    if (this.#relaunching || isAlive(this.#endpoint.pid)) return;
    this.log(`PostgreSQL ${this.#endpoint.pid} is gone; it is started again`);
    this.#relaunching = this.relaunch()
      .then((endpoint) => {
        this.#endpoint = endpoint;
      })
      .catch((error: unknown) => this.log(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.#relaunching = undefined;
      });
  }
}
