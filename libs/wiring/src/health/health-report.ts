import { HEALTH_CHECK_TIMEOUT_MS, type HealthCheck } from '@outrider/serve/serve-options';
import type { StartUp } from '../engines/start-up.ts';

/** The parts are asked at most this often, whoever asks. */
const CHECKED_EVERY_MS = 1_000;

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly detail?: string;
}

export interface Readiness {
  readonly status: 'ready' | 'starting' | 'stopping' | 'not-ready';
  /** Names of what is missing. */
  readonly notReady: readonly string[];
  /** Engines that a start waits for. */
  readonly waitingFor: readonly string[];
  readonly checks: readonly PartHealth[];
}

/** Whether this process can do its job now: started, not stopping, and the engines that it cannot do without answer. */
export class HealthReport {
  #state: 'starting' | 'running' | 'stopping' = 'starting';
  #checks: readonly HealthCheck[] = [];
  #asked: { readonly at: number; readonly answer: Promise<readonly PartHealth[]> } | undefined;

  constructor(
    private readonly startUp: Pick<StartUp, 'waitingFor'>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  running(checks: readonly HealthCheck[]): void {
    if (this.#state === 'starting') this.#state = 'running';
    this.#checks = checks;
  }

  stopping(): void {
    this.#state = 'stopping';
  }

  async read(): Promise<Readiness> {
    const waitingFor = this.startUp.waitingFor;
    if (this.#state !== 'running') return { status: this.#state, notReady: ['start'], waitingFor, checks: [] };
    const checks = await this.#parts();
    // It may have begun to stop while the parts answered.
    if (this.#isStopping()) return { status: 'stopping', notReady: ['start'], waitingFor, checks: [] };
    const notReady = checks.filter((part) => part.required && !part.ok).map((part) => part.name);
    return { status: notReady.length === 0 ? 'ready' : 'not-ready', notReady, waitingFor, checks };
  }

  #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  #parts(): Promise<readonly PartHealth[]> {
    const now = this.nowMs();
    if (!this.#asked || now - this.#asked.at >= CHECKED_EVERY_MS)
      this.#asked = { at: now, answer: Promise.all(this.#checks.map(askPart)) };
    return this.#asked.answer;
  }
}

/** Bounded. An error's text may hold an address or a name: it belongs into the log of the part itself. */
const askPart = async ({ name, required = true, check }: HealthCheck): Promise<PartHealth> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: false; detail: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer in time' }), HEALTH_CHECK_TIMEOUT_MS);
  });
  try {
    const { ok, detail } = await Promise.race([check(), late]);
    return { name, ok, required, ...(detail === undefined ? {} : { detail }) };
  } catch {
    return { name, ok: false, required, detail: 'does not answer' };
  } finally {
    clearTimeout(timer);
  }
};
