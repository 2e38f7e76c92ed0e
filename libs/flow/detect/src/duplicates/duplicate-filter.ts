import { hash64, type Hash64 } from './hash64.ts';
import { HashTable } from './hash-table.ts';

export interface DuplicateFilterOptions {
  /** How long (time of receipt, ms) an id is remembered at least. */
  readonly horizonMs: number;
  /** Ids remembered at most; beyond it the older generation goes early. */
  readonly maxIds: number;
}

/**
 * first: never seen. redelivered: the same bus message again (its store token makes it harmless), must not be observed again.
 * duplicate: another message carried the same event id.
 */
export type Sighting = 'first' | 'redelivered' | 'duplicate';

/**
 * Tells events apart by `gateway:id`. Two generations: the younger takes new ids; when it is older than the horizon or holds half of
 * `maxIds` it becomes the elder and the elder is forgotten. Depends on nothing but the sequence of calls.
 */
export class DuplicateFilter {
  #young = new HashTable();
  #old = new HashTable();
  #youngSince = Number.NEGATIVE_INFINITY;
  readonly #hash: Hash64 = { high: 0, low: 0 };

  constructor(private readonly options: DuplicateFilterOptions) {}

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get bytes(): number {
    return this.#young.bytes + this.#old.bytes;
  }

  /** `position` is the event's place on the bus; `receivedAt` in ms drives forgetting. */
  see(eventId: string, position: number, receivedAt: number): Sighting {
    const hash = hash64(eventId, this.#hash);
    const known = this.#young.get(hash) ?? this.#old.get(hash);
    if (known !== undefined) return known === position ? 'redelivered' : 'duplicate';
    this.#rotate(receivedAt);
    this.#young.set(hash, position);
    return 'first';
  }

  /** Forgets the ids whose position does not pass: of partitions that another process has now. */
  keepOnly(keep: (position: number) => boolean): void {
    this.#young = this.#young.filter(keep);
    this.#old = this.#old.filter(keep);
  }

  #rotate(receivedAt: number): void {
    if (this.#youngSince === Number.NEGATIVE_INFINITY) this.#youngSince = receivedAt;
    const full = this.#young.size >= this.options.maxIds / 2;
    if (!full && receivedAt - this.#youngSince < this.options.horizonMs) return;
    this.#old = this.#young;
    this.#young = new HashTable();
    this.#youngSince = receivedAt;
  }
}
