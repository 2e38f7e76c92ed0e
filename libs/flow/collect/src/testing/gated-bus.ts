import { PermanentError, TransientError } from '@outrider/platform/errors';
import { EventBus, type OutgoingMessage } from '@outrider/ports/event-bus';
import type { Published } from './collecting.ts';

/** A bus that can hang, be away or refuse, and remembers what it took. */
export class GatedBus extends EventBus {
  readonly published: Published[] = [];
  attempts = 0;
  partitionCount = 1;
  mode: 'open' | 'hanging' | 'away' | 'refusing' = 'open';
  #held: (() => void)[] = [];

  partitions(): number {
    return this.partitionCount;
  }

  onAssignment(): void {
    return;
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    this.attempts++;
    if (this.mode === 'away') throw new TransientError('away');
    if (this.mode === 'refusing') throw new PermanentError('refused');
    if (this.mode === 'hanging') await new Promise<void>((resolve) => this.#held.push(resolve));
    for (const message of messages) this.published.push({ topic, message });
  }

  /** Open again: what hung is taken. */
  release(): void {
    this.mode = 'open';
    for (const resolve of this.#held.splice(0)) resolve();
  }

  pressure(): number {
    return 0;
  }
}
