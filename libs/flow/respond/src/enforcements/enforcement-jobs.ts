import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { EnforcementRecord } from '@outrider/ports/response-store';

/** What lies further ahead is not queued yet: the rows are looked through again long before. */
const HORIZON_MS = 120_000;

/** The jobs of an enforcement. The same id may be enqueued at any time; the earlier time holds, and the row says what to do. */
export class EnforcementJobs {
  constructor(
    private readonly jobs: JobQueue<Jobs>,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  apply(id: string, at: number): Promise<void> {
    return this.#enqueue('enforcement.apply', `apply-${id}`, id, at);
  }

  verify(id: string, at: number): Promise<void> {
    return this.#enqueue('enforcement.verify', `verify-${id}`, id, at);
  }

  lift(id: string, at: number): Promise<void> {
    return this.#enqueue('enforcement.lift', `lift-${id}`, id, at);
  }

  /** All that the row needs next; `propagationMs` is its gateway's. */
  async arm(record: EnforcementRecord, propagationMs: number): Promise<void> {
    const { id, state, endsAt, nextAttemptAt, appliedAt } = record;
    const now = this.clock.now();
    if (state === 'pending') await this.apply(id, nextAttemptAt ?? now);
    if (state === 'applied') await this.verify(id, nextAttemptAt ?? (appliedAt ?? now) + propagationMs);
    if (state === 'lifting') return this.lift(id, nextAttemptAt ?? now);
    if (endsAt !== null && (state === 'pending' || state === 'applied' || state === 'effective'))
      await this.lift(id, endsAt);
  }

  async #enqueue(
    name: 'enforcement.apply' | 'enforcement.verify' | 'enforcement.lift',
    jobId: string,
    enforcementId: string,
    at: number,
  ): Promise<void> {
    const delayMs = Math.max(0, at - this.clock.now());
    if (delayMs > HORIZON_MS) return;
    // The rows are looked through every half minute: a queue that is away only delays.
    await this.jobs
      .enqueue(name, { v: 1, enforcementId }, { jobId, delayMs })
      .catch((error: unknown) => this.log.warn({ err: error, jobId }, 'job not queued'));
  }
}
