import { TransientError } from '@outrider/platform/errors';
import { EventBus, type OutgoingMessage } from '@outrider/ports/event-bus';

/** EventBus that only remembers what was published, for unit tests. */
export class FakeEventBus extends EventBus {
  readonly published: { readonly topic: string; readonly message: OutgoingMessage }[] = [];
  /** While true, publishing rejects with TransientError. */
  away = false;
  pressureNow = 0;

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.away) throw new TransientError('the bus is away');
    for (const message of messages) this.published.push({ topic, message });
  }

  pressure(_topic: string): number {
    return this.pressureNow;
  }
}
