import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Clock } from '@outrider/ports/clock';
import { Prisma, PrismaClient } from './generated/client.ts';
import { isLostRace, translateError } from './database-errors.ts';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. */
  readonly max: number;
  readonly clock: Clock;
  /** Told of connections that broke while idle; they are replaced. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** A client bound to one transaction. */
export type Transaction = Prisma.TransactionClient;

const CONNECT_MS = 5_000;
const STATEMENT_MS = 20_000;
/** Waiting for a connection out of the pool. */
const MAX_WAIT_MS = 5_000;
const TRANSACTION_MS = 15_000;
/** The server ends the transaction of a process that was stopped in the middle of it: others wait for its locks. */
const SILENT_MS = 20_000;
const RACES_ALLOWED = 3;

/** The connection pool; every query of the stores goes through `read` or `transaction`, so that errors are translated in one place. */
export class Database {
  readonly clock: Clock;
  readonly #pool: pg.Pool;
  readonly #prisma: PrismaClient;

  constructor(options: DatabaseOptions) {
    this.clock = options.clock;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.max,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: SILENT_MS,
      // a server that answers no more (its machine is gone) is noticed by us alone
      query_timeout: STATEMENT_MS + 1_000,
      keepAlive: true,
      application_name: 'outrider',
    });
    // without a listener a broken idle connection would end the process
    this.#pool.on('error', (error) => options.onConnectionLost?.(error));
    this.#prisma = new PrismaClient({
      adapter: new PrismaPg(this.#pool, { disposeExternalPool: true }),
      transactionOptions: { maxWait: MAX_WAIT_MS, timeout: TRANSACTION_MS },
    });
  }

  /** One query outside a transaction; a single conditional write is fine too. */
  async read<T>(work: (client: Transaction) => Promise<T>): Promise<T> {
    try {
      return await work(this.#prisma);
    } catch (error) {
      throw translateError(error);
    }
  }

  /** All or nothing (read committed). Done again when it lost a race against another transaction: `work` must have no other effects. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#prisma.$transaction(work);
      } catch (error) {
        if (attempt < RACES_ALLOWED && isLostRace(error)) continue;
        throw translateError(error);
      }
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#pool.query('select 1');
    } catch (error) {
      throw translateError(error);
    }
  }

  async close(): Promise<void> {
    await this.#prisma.$disconnect();
    // $disconnect ends the pool only when Prisma has connected at all
    if (!this.#pool.ending) await this.#pool.end();
  }
}

/** Serialises the transactions of one tenant for one purpose, until this one ends. */
export const lockTenant = async (tx: Transaction, purpose: string, tenant: string): Promise<void> => {
  const key = `outrider.${purpose}:${tenant}`;
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
};
