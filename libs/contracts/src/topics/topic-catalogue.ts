/**
 * What travels between processes. A removed or renamed field is a new version (`.v2`), never an edit.
 * Retention is what a bus keeps at least for consumers that are down.
 */
export interface Topic {
  readonly name: string;
  /** What the key is and why. */
  readonly key: string;
  readonly retentionHours: number;
  /** `scaled`: as many partitions as the installation says (several analyzers share them); else the number. */
  readonly partitions: number | 'scaled';
}

/** Batches of sanitised API events: newline-separated rows of contracts/events. Key: a lane, i.e. a hash of the caller, so that one caller's events stay in order. */
export const EVENTS_TOPIC = {
  name: 'outrider.events.v1',
  key: 'lane of the caller (hash of the entity): one caller stays in order',
  retentionHours: 24,
  partitions: 'scaled',
} as const satisfies Topic;

/** JSON arrays of DeadLetter: log entries that could not be read, redacted. */
export const DEAD_LETTERS_TOPIC = {
  name: 'outrider.dead-letters.v1',
  key: 'gateway: no order needed',
  retentionHours: 24,
  partitions: 1,
} as const satisfies Topic;

/** Lifecycle: "this alert or enforcement changed". A nudge; the row in PostgreSQL is the truth. */
export const CHANGES_TOPIC = {
  name: 'outrider.changes.v1',
  key: 'id of the alert or enforcement: its changes stay in order',
  retentionHours: 1,
  partitions: 4,
} as const satisfies Topic;

export const TOPICS: readonly Topic[] = [EVENTS_TOPIC, DEAD_LETTERS_TOPIC, CHANGES_TOPIC];
