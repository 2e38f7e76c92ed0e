import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { JobQueue } from '@outrider/ports/job-queue';
import type { DeliveryStore } from '@outrider/ports/notification-store';

const HORIZON_MS = 120_000;

/** The queue's view of deliveries: one job id each; the rows say what is due. */
export class DeliveryRearm {
  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly jobs: JobQueue<Jobs>,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  async enqueue(id: string, at: number): Promise<void> {
    const delayMs = Math.max(0, at - this.clock.now());
    if (delayMs > HORIZON_MS) return;
    await this.jobs
      .enqueue('webhook.deliver', { v: 1, deliveryId: id }, { jobId: `deliver-${id}`, delayMs })
      .catch((error: unknown) => this.log.warn({ err: error, delivery: id }, 'job not queued'));
  }

  /** Makes the queue follow the rows. */
  async rearm(signal: AbortSignal): Promise<void> {
    for (const { id, nextAttemptAt } of await this.deliveries.pending()) {
      if (signal.aborted) return;
      await this.enqueue(id, nextAttemptAt ?? 0);
    }
  }
}
