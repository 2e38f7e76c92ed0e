/** What a job catalogue says of each job name: the payload's type. */
export type JobPayloads = Readonly<Record<string, object>>;

/**
 * Delayed and retried work. Payloads carry ids; the database row is the truth. At-least-once: handlers are idempotent.
 * A handler that throws is retried a few times with back-off, except for PermanentError.
 */
export abstract class JobQueue<P extends JobPayloads = JobPayloads> {
  /** A second call with the same `jobId` while the first waits is harmless. `delayMs` 0 = now. Ids of finished jobs may be used again. */
  abstract enqueue<N extends keyof P & string>(
    name: N,
    payload: P[N],
    options: { readonly jobId: string; readonly delayMs: number },
  ): Promise<void>;
  /** Exactly one handler a job name; called before `start`. */
  abstract handle<N extends keyof P & string>(name: N, handler: (payload: P[N]) => Promise<void>): void;
  abstract start(): Promise<void>;
  /** Stops taking jobs and waits for those that run. */
  abstract stop(): Promise<void>;
  /** Waiting, delayed, active and failed jobs by queue. */
  abstract counts(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
}
