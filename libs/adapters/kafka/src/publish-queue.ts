import type { OutgoingMessage } from '@outrider/ports/event-bus';

/** What Kafka adds to key, headers and value of one record, at most; also what our own bookkeeping weighs. */
export const RECORD_OVERHEAD = 100;
/** kafkajs groups the messages of a request in time that grows with the square of their number. */
const REQUEST_MESSAGES = 500;

/** One call of `publish`, settled when all its messages are acknowledged or one is not. */
export interface Publish {
  readonly topic: string;
  /** ms of `performance.now`; later than this it is not sent any more. */
  readonly deadline: number;
  readonly bytes: number;
  /** Messages that are not acknowledged yet. */
  left: number;
  failed: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export interface Queued {
  readonly publish: Publish;
  /** In the cluster. */
  readonly topicName: string;
  readonly partition: number;
  readonly message: OutgoingMessage;
  readonly bytes: number;
}

/** What waits to be sent, in the order it came. */
export class PublishQueue {
  #items: Queued[] = [];

  get empty(): boolean {
    return this.#items.length === 0;
  }

  push(item: Queued): void {
    this.#items.push(item);
  }

  /**
   * The messages of the next request: of one partition no more than one record batch may hold, of all no more than a request. What does
   * not fit waits, and with it everything behind it, so that order holds. One message always goes.
   */
  take(maxBatchBytes: number, maxRequestBytes: number): readonly Queued[] {
    const taken: Queued[] = [];
    const byPartition = new Map<string, number>();
    let bytes = 0;
    let looked = 0;
    for (const item of this.#items) {
      if (!item.publish.failed) {
        const key = `${item.topicName}/${item.partition}`;
        const batch = (byPartition.get(key) ?? 0) + item.bytes;
        const full = bytes + item.bytes > maxRequestBytes || batch > maxBatchBytes;
        if (taken.length > 0 && (full || taken.length >= REQUEST_MESSAGES)) break;
        byPartition.set(key, batch);
        bytes += item.bytes;
        taken.push(item);
      }
      looked += 1;
    }
    this.#items.splice(0, looked);
    return taken;
  }

  /** Takes out everything that is `due`. */
  remove(due: (publish: Publish) => boolean): readonly Publish[] {
    const publishes = new Set<Publish>();
    this.#items = this.#items.filter(({ publish }) => {
      if (!due(publish)) return true;
      publishes.add(publish);
      return false;
    });
    return [...publishes];
  }
}

/** Bytes that a message weighs on the wire, at most. */
export const weightOf = ({ key, value, headers }: OutgoingMessage): number => metaBytes(key, headers) + value.length;

export const metaBytes = (key: string, headers: Readonly<Record<string, string>>): number => {
  let bytes = RECORD_OVERHEAD + Buffer.byteLength(key);
  for (const [name, value] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 10;
  return bytes;
};
