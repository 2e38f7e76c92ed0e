import { TransientError } from '@outrider/platform/errors';
import { EventBus, type AssignmentListener, type OutgoingMessage } from '@outrider/ports/event-bus';

/** EventBus that only remembers what was published, for unit tests. */
export class FakeEventBus extends EventBus {
  readonly published: { readonly topic: string; readonly message: OutgoingMessage }[] = [];
  /** While true, publishing rejects with TransientError. */
  away = false;
  pressureNow = 0;
  partitionCount = 1;
  readonly #listeners: { topic: string; group: string; listener: AssignmentListener }[] = [];

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.away) throw new TransientError('the bus is away');
    for (const message of messages) this.published.push({ topic, message });
  }

  pressure(_topic: string): number {
    return this.pressureNow;
  }

  partitions(_topic: string): number {
    return this.partitionCount;
  }

  onAssignment(topic: string, group: string, listener: AssignmentListener): void {
    this.#listeners.push({ topic, group, listener });
  }

  /** What a transport does when the partitions of this process change. */
  async assign(topic: string, group: string, gained: readonly number[], lost: readonly number[] = []): Promise<void> {
    for (const one of this.#listeners)
      if (one.topic === topic && one.group === group) await one.listener({ topic, group, gained, lost });
  }
}
