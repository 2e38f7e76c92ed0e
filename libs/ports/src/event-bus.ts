/** What is published: one message is a batch of records, never a single request. */
export interface OutgoingMessage {
  /** Messages of one key stay in order. */
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** The partition that it goes to, 0 … `partitions(topic)` - 1; absent: by the hash of the key. */
  readonly partition?: number;
}

/** Partitions that this process has from now on, and those that it has lost, of one topic in one group. */
export interface Assignment {
  readonly topic: string;
  readonly group: string;
  readonly gained: readonly number[];
  readonly lost: readonly number[];
}

/** Its promise is waited for before the first message of a gained partition is handed out. A rejection is tried again. */
export type AssignmentListener = (assignment: Assignment) => Promise<void>;

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
  /** How many partitions the topic has: the same number for every process on this bus. Known once the bus is open. */
  abstract partitions(topic: string): number;
  /**
   * `listener` hears which partitions of the topic this process consumes in the group, before their first message comes. What was handed out
   * of a lost partition is still worked on, but neither planned nor committed by us any more: it comes again to the new owner.
   */
  abstract onAssignment(topic: string, group: string, listener: AssignmentListener): void;
}

export interface ConsumeOptions {
  readonly topic: string;
  /** Letters, digits, `.`, `_`, `-`. */
  readonly group: string;
  /** False: from the end of the topic, commits nowhere, holds nothing back; every process for itself. Default true. */
  readonly durable?: boolean;
  /** Messages handed out at a time, over all partitions. Default 64. */
  readonly maxInFlight?: number;
  /** Default 32 MiB. */
  readonly maxInFlightBytes?: number;
  /** How long `stop` waits for handlers. Default 10 s. */
  readonly stopTimeoutMs?: number;
  /** Keeps what a handler gave up; a rejection means "not kept", and the message is delivered again. */
  readonly onDeadLetter?: (delivery: Delivery, error: unknown) => Promise<void> | void;
}

/** What a group has not committed of one partition. */
export interface Lag {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
  readonly messages: number;
  readonly bytes: number;
  /** Of the oldest uncommitted message; 0 without lag. */
  readonly ageMs: number;
}

/** The bus as wiring sees it: what a transport consumes. */
export abstract class ConsumableBus extends EventBus {
  /** Calls `handler` for every message of the topic; its promise is the acknowledgement. */
  abstract consume(
    options: ConsumeOptions,
    handler: (delivery: Delivery) => Promise<void>,
  ): Promise<{ stop(): Promise<void> }>;
  /** Rejects with TransientError when the bus cannot be reached. */
  abstract ping(): Promise<void>;
  /** Finishes what is published, ends all consumers. */
  abstract stop(): Promise<void>;
}
