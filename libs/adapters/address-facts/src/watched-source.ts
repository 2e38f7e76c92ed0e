import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { AddressSourceKind, AddressSourceStatus } from '@outrider/ports/address-facts';
import type { Feed } from './watched-file.ts';

/** What the content of any source tells of itself. */
export interface Content {
  readonly entries: number;
  readonly refused: number;
  /** When it was built, where it says so itself. */
  readonly contentAt?: Date | undefined;
}

export type Refreshed = 'loaded' | 'unchanged' | 'failed' | 'too-old';

export interface SourceOptions<T extends Content> {
  readonly name: string;
  readonly kind: AddressSourceKind;
  readonly feed: Feed;
  /** Throws on content that cannot be used. */
  readonly read: (bytes: Buffer) => Promise<T> | T;
  readonly onError: (error: unknown, code: string) => void;
}

/** One configured file or address and the content of it that is in use: the latest good one. */
export class WatchedSource<T extends Content> {
  readonly name: string;
  readonly kind: AddressSourceKind;
  #content: T | undefined;
  #loadedAt: Date | undefined;
  #contentAt: Date | undefined;
  #error: string | undefined;
  #tooOld = false;

  constructor(private readonly options: SourceOptions<T>) {
    this.name = options.name;
    this.kind = options.kind;
  }

  /** Looks for newer content; a failure is told once, and what is in use stays. */
  async refresh(now: number, mayFetch: boolean): Promise<Refreshed> {
    let outcome: Refreshed = 'unchanged';
    try {
      const next = await this.options.feed.next(now, mayFetch);
      if (next === 'same') this.#error = undefined;
      else if (next) {
        const content = await this.options.read(next.bytes);
        await next.accepted();
        this.#content = content;
        this.#loadedAt = new Date(now);
        this.#contentAt = content.contentAt;
        this.#error = undefined;
        this.#tooOld = this.isStale(now);
        return 'loaded';
      }
    } catch (error) {
      this.#fail(error);
      outcome = 'failed';
    }
    const was = this.#tooOld;
    this.#tooOld = this.isStale(now);
    if (was === this.#tooOld) return outcome;
    // What was too old was confirmed: it counts again.
    return was ? 'loaded' : 'too-old';
  }

  /** A use of the content threw: it is damaged where it was not looked at before. */
  damaged(error: unknown): void {
    this.#fail(error);
  }

  content(now: number): T | undefined {
    return this.isStale(now) ? undefined : this.#content;
  }

  isStale(now: number): boolean {
    return now >= this.options.feed.staleAt();
  }

  staleAt(): number {
    return this.options.feed.staleAt();
  }

  get entries(): number {
    return this.#content?.entries ?? 0;
  }

  status(now: number): AddressSourceStatus {
    const stale = this.#content !== undefined && this.isStale(now);
    return {
      name: this.name,
      kind: this.kind,
      inUse: this.content(now) !== undefined,
      entries: this.content(now)?.entries ?? 0,
      refused: this.#content?.refused ?? 0,
      loadedAt: this.#loadedAt,
      contentAt: this.#contentAt ?? this.options.feed.contentAt(),
      error: this.#error ?? (stale ? 'too-old: not fetched for longer than the age limit' : undefined),
    };
  }

  #fail(error: unknown): void {
    const known = error instanceof PermanentError || error instanceof TransientError;
    const code = known ? error.code : 'unreadable';
    const text = known ? `${code}: ${error.message}` : code;
    if (text !== this.#error) this.options.onError(error, code);
    this.#error = text;
  }
}
