import { JobQueue, type JobPayloads } from '@outrider/ports/job-queue';

export interface FakeJob {
  readonly name: string;
  readonly payload: object;
  readonly jobId: string;
  readonly delayMs: number;
}

/** JobQueue that only remembers what waits, for unit tests; `run` hands a waiting job to its handler. */
export class FakeJobQueue<P extends JobPayloads = JobPayloads> extends JobQueue<P> {
  readonly waiting = new Map<string, FakeJob>();
  readonly #handlers = new Map<string, (payload: never) => Promise<void>>();

  async enqueue<N extends keyof P & string>(
    name: N,
    payload: P[N],
    { jobId, delayMs }: { readonly jobId: string; readonly delayMs: number },
  ): Promise<void> {
    const waiting = this.waiting.get(jobId);
    if (!waiting || waiting.delayMs > delayMs) this.waiting.set(jobId, { name, payload, jobId, delayMs });
  }

  handle<N extends keyof P & string>(name: N, handler: (payload: P[N]) => Promise<void>): void {
    this.#handlers.set(name, handler);
  }

  /** Runs a waiting job whatever its delay. The payload is the one that was enqueued under the handler's name. */
  async run(jobId: string): Promise<void> {
    const job = this.waiting.get(jobId);
    if (!job) throw new Error(`no job ${jobId} waits`);
    this.waiting.delete(jobId);
    await this.#handlers.get(job.name)?.(job.payload as never);
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
    return { fake: { waiting: this.waiting.size } };
  }
}
