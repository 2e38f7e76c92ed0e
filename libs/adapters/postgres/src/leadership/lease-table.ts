import pg from 'pg';
import { translateError } from '../database-errors.ts';

export interface LeaseTableOptions {
  readonly url: string;
  /** Of this process, nobody else's. */
  readonly holder: string;
  /** ms a lease holds unless it is renewed. */
  readonly leaseMs: number;
  /** ms until an attempt is given up; well below the lease. */
  readonly patienceMs: number;
  readonly onConnectionLost: (error: Error) => void;
}

/**
 * One round for all roles: what is ours is renewed, what is free or has run out is taken with the next term. Times are the database's, so
 * that clocks of the processes do not matter. Rows are locked in the order of their names: two rounds never wait for each other in a circle.
 */
const TAKE = `
  insert into leases (role, holder, term, expires_at)
  select role, $1, 1, clock_timestamp() + $2::int * interval '1 ms' from unnest($3::text[]) as role order by role
  on conflict (role) do update set
    term = leases.term + case when leases.holder = excluded.holder and leases.expires_at > clock_timestamp() then 0 else 1 end,
    holder = excluded.holder,
    expires_at = clock_timestamp() + $2::int * interval '1 ms'
  where leases.holder = excluded.holder or leases.expires_at <= clock_timestamp()
  returning role, term::float8 as term`;

/** The row stays, so that terms only grow. */
const GIVE_BACK = `
  update leases set expires_at = clock_timestamp() where role = $1 and holder = $2 and term = $3 and expires_at > clock_timestamp()`;

/** The leases' rows, over a connection of their own: a process whose pool is used up keeps its roles. */
export class LeaseTable {
  readonly #pool: pg.Pool;

  constructor(private readonly options: LeaseTableOptions) {
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: 1,
      connectionTimeoutMillis: options.patienceMs,
      statement_timeout: options.patienceMs,
      query_timeout: options.patienceMs,
      keepAlive: true,
      application_name: 'outrider-leadership',
    });
    this.#pool.on('error', options.onConnectionLost);
  }

  /** Renews or takes the roles that can be had; answers those, each with its term. */
  async take(roles: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { holder, leaseMs } = this.options;
    const rows = await this.#query<{ role: string; term: number }>(TAKE, [holder, leaseMs, roles]);
    return new Map(rows.map(({ role, term }) => [role, term]));
  }

  async giveBack(role: string, term: number): Promise<void> {
    await this.#query(GIVE_BACK, [role, this.options.holder, term]);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #query<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#pool.query<R>(text, values)).rows;
    } catch (error) {
      throw translateError(error);
    }
  }
}
