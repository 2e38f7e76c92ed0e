import pg from 'pg';
import { TransientError } from '@outrider/platform/errors';
import type { Hold } from '@outrider/ports/response-store';
import { translateError } from '../database-errors.ts';

export interface SlotHoldsOptions {
  readonly url: string;
  /** Slots that this process holds or waits for at a time; further ones wait here. */
  readonly max: number;
  /** ms until a slot that somebody else holds is given up for now. */
  readonly waitMs?: number;
  readonly onConnectionLost: (error: Error) => void;
}

const WAIT_MS = 25_000;
/** The database ends the transaction of a holder that it has not heard of for so long: it was stopped, or cut off. */
const SILENT_MS = 20_000;
const PING_EVERY_MS = 2_000;
/** Last word from the database before a write: a write of 12 s at most (the Admin API's limit) that begins then is over before SILENT_MS. */
const FRESH_MS = 6_000;
const STATEMENT_MS = 5_000;

/**
 * One holder of a slot over all processes: an advisory lock that lives with a transaction, on a connection of its own. The death of the
 * holder ends its connection and with it the lock, at once.
 */
export class SlotHolds {
  readonly #pool: pg.Pool;
  readonly #waitMs: number;

  constructor(options: SlotHoldsOptions) {
    this.#waitMs = options.waitMs ?? WAIT_MS;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.max,
      connectionTimeoutMillis: this.#waitMs,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: 'outrider-holds',
      query_timeout: STATEMENT_MS,
    });
    this.#pool.on('error', options.onConnectionLost);
  }

  async run<T>(slot: string, task: (hold: Hold) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw translateError(error);
    });
    const held = new HeldSlot(client);
    try {
      await held.take(slot, this.#waitMs);
      return await task(held);
    } finally {
      await held.release();
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

class HeldSlot implements Hold {
  #heardAt = 0;
  #lost = false;
  #timer: NodeJS.Timeout | undefined;
  #ping: Promise<unknown> = Promise.resolve();
  readonly #onLost = (): void => {
    this.#lost = true;
  };

  constructor(private readonly client: pg.PoolClient) {
    client.on('error', this.#onLost);
    client.on('end', this.#onLost);
  }

  async take(slot: string, waitMs: number): Promise<void> {
    try {
      await this.client.query('begin');
      await this.client.query(
        `select set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)`,
        [`${waitMs}ms`, `${SILENT_MS}ms`],
      );
      const text = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';
      await this.client.query({ text, values: [`outrider.slot:${slot}`], ...withTimeout(waitMs + STATEMENT_MS) });
    } catch (error) {
      this.#lost = true;
      const translated = translateError(error);
      if (isLockTimeout(error))
        throw new TransientError('another process works on this slot', 'slot-busy', { cause: error });
      throw translated;
    }
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => this.#ask(), PING_EVERY_MS);
    this.#timer.unref();
  }

  check(): void {
    if (this.#lost || performance.now() - this.#heardAt > FRESH_MS)
      throw new TransientError('the hold on this slot was lost: another process may have it', 'hold-lost');
  }

  /** A connection that is not surely well is not used again. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ping;
    const ended = this.#lost ? undefined : await this.client.query('rollback').catch(() => undefined);
    this.client.off('error', this.#onLost);
    this.client.off('end', this.#onLost);
    // an error that comes after it was closed has no meaning any more
    if (!ended) this.client.on('error', () => undefined);
    this.client.release(ended === undefined);
  }

  #ask(): void {
    const askedAt = performance.now();
    this.#ping = this.client.query('select 1').then(
      () => {
        this.#heardAt = askedAt;
      },
      () => {
        this.#lost = true;
      },
    );
  }
}

/** Guarantee: the driver reads `query_timeout` of a single query; its types leave it out. */
const withTimeout = (ms: number): object => ({ query_timeout: ms });

const isLockTimeout = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '55P03';
