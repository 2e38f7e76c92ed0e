import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Change } from '@outrider/contracts/topics/change';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { EventBus } from '@outrider/ports/event-bus';

/** Tells the other stages that a row changed. The row is stored already and is the truth: a bus that is away costs only the nudge. */
export class Changes {
  readonly #lost: () => void;

  constructor(
    private readonly bus: EventBus,
    private readonly log: Logger,
    metrics: Metrics,
  ) {
    this.#lost = metrics.counter(
      'outrider_serve_changes_lost_total',
      'Changes that could not be published; the row is stored',
    );
  }

  async publish(change: Omit<Change, 'v'>): Promise<void> {
    const value = Buffer.from(JSON.stringify({ v: 1, ...change } satisfies Change));
    try {
      await this.bus.publish(CHANGES_TOPIC.name, [{ key: change.id, value, headers: {} }]);
    } catch (error) {
      this.#lost();
      this.log.warn({ err: error, kind: change.kind, id: change.id }, 'change not published');
    }
  }
}
