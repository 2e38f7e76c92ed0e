/** What is published: one message is a batch of records, never a single request. */
export interface OutgoingMessage {
  /** Messages of one key stay in order. */
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One message as a handler receives it (the payload of an `@EventPattern(topic)` handler on any of our transports).
 * The handler's promise is the acknowledgement: once it resolves the message may be committed. A rejection with
 * TransientError is delivered again after a pause; any other rejection sends the message to the dead letters.
 */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  /** Position in its partition: 0, 1, 2, … without gaps. */
  readonly offset: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** When the bus took it; ms since epoch. */
  readonly appendedAt: number;
  /**
   * Set when an earlier run planned to store this message in one block with its neighbours and may have died before the commit:
   * the last offset of that block. The handler must form the same block again, so that its deduplication token is the same.
   */
  readonly plannedThrough: number | undefined;
  /** Makes durable that everything uncommitted up to and including `throughOffset` will be stored as one block. */
  plan(throughOffset: number): Promise<void>;
}

/**
 * The event bus. Guarantees of an implementation:
 * - `publish` resolves only when all messages would survive the death of this process, and keeps the order of one key;
 * - it rejects with TransientError, having taken nothing, when the bus is full or away;
 * - every consumer group sees every message at least once, one partition's messages in order, several of them in flight,
 *   and commits only the unbroken finished run.
 */
export abstract class EventBus {
  abstract publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  /** 0 (idle) … 1 (full): how far behind the slowest consumer group is, against the bus's own bound. Cheap. */
  abstract pressure(topic: string): number;
}
