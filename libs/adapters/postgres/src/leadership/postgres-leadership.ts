import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Leadership, type Leader } from '@outrider/ports/leadership';
import { Candidacy } from './candidacy.ts';
import { LeaseTable } from './lease-table.ts';

export interface PostgresLeadershipOptions {
  readonly url: string;
  /** ms; 8,000 by default. With `everyMs` it bounds the time without a leader after a death: their sum stays below 10 s. */
  readonly leaseMs?: number;
  /** ms between two rounds; 1,000 by default. */
  readonly everyMs?: number;
  /** A change of the leader in this process, and everything that goes wrong; never called with a secret. */
  readonly onEvent?: (event: LeadershipEvent) => void;
}

export type LeadershipEvent =
  | { readonly kind: 'leads' | 'resigned'; readonly role: string; readonly term: number }
  /** `away`: the leases cannot be asked for; what is held is resigned in time. */
  | { readonly kind: 'away'; readonly error: unknown }
  | { readonly kind: 'lead-failed' | 'resign-failed'; readonly role: string; readonly error: unknown };

const LEASE_MS = 8_000;
const EVERY_MS = 1_000;
/** Resigned so long before the lease ends in the database: its clock and ours run at different speeds, and timers come late. */
const SAFETY_SHARE = 0.15;
/** A round that takes longer is given up; two of them fit into a lease. */
const PATIENCE_SHARE = 0.3;
const PAUSE_ROUNDS = 2;
const ROLE = /^[A-Za-z0-9.-]{1,100}$/;

/**
 * Leases in PostgreSQL, one row a role. The role of a process that died passes on when its lease has run out; one that cannot renew resigns
 * by its own monotonic clock before that, also while PostgreSQL is away. Term numbers of a role only grow.
 */
export class PostgresLeadership extends Leadership {
  readonly #table: LeaseTable;
  readonly #candidacies = new Map<string, Candidacy>();
  readonly #leaseMs: number;
  readonly #everyMs: number;
  readonly #onEvent: (event: LeadershipEvent) => void;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #closed = false;

  constructor(options: PostgresLeadershipOptions) {
    super();
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#table = new LeaseTable({
      url: options.url,
      holder: `${hostname()}/${process.pid}/${randomUUID()}`,
      leaseMs: this.#leaseMs,
      patienceMs: Math.round(this.#leaseMs * PATIENCE_SHARE),
      onConnectionLost: (error) => this.#onEvent({ kind: 'away', error }),
    });
  }

  /** Resolves at once; PostgreSQL may be away. Competing twice for one role in one process is an error. */
  compete(role: string, leader: Leader): Promise<{ withdraw(): Promise<void> }> {
    if (!ROLE.test(role)) return Promise.reject(new Error(`${role}: a role has letters, digits, dots and dashes`));
    if (this.#closed) return Promise.reject(new Error('leadership is closed'));
    if (this.#candidacies.has(role)) return Promise.reject(new Error(`this process competes for ${role} already`));
    const candidacy = this.#candidacy(role, leader);
    this.#candidacies.set(role, candidacy);
    this.#arm(0);
    return Promise.resolve({ withdraw: () => this.#withdraw(role, candidacy) });
  }

  /** Gives back all roles and ends the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#candidacies].map(([role, candidacy]) => this.#withdraw(role, candidacy)));
    await this.#round;
    await this.#table.close();
  }

  #candidacy(role: string, leader: Leader): Candidacy {
    let led = 0;
    return new Candidacy({
      role,
      leader: {
        lead: (term) => {
          led = term;
          this.#onEvent({ kind: 'leads', role, term });
          return leader.lead(term);
        },
        resign: () => {
          this.#onEvent({ kind: 'resigned', role, term: led });
          return leader.resign();
        },
      },
      giveBack: (term) => this.#giveBack(role, term),
      onFailure: (what, error) => this.#onEvent({ kind: `${what}-failed`, role, error }),
      pauseMs: PAUSE_ROUNDS * this.#everyMs,
    });
  }

  async #withdraw(role: string, candidacy: Candidacy): Promise<void> {
    await candidacy.withdraw();
    // a round that was under way may have taken it once more
    await this.#round;
    await candidacy.withdraw();
    if (this.#candidacies.get(role) === candidacy) this.#candidacies.delete(role);
  }

  async #giveBack(role: string, term: number): Promise<void> {
    await this.#table.giveBack(role, term).catch((error: unknown) => this.#onEvent({ kind: 'away', error }));
  }

  #arm(afterMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#round ??= this.#take().finally(() => {
        this.#round = undefined;
        if (this.#candidacies.size > 0) this.#arm(this.#everyMs);
      });
    }, afterMs);
    this.#timer.unref();
  }

  async #take(): Promise<void> {
    const begun = performance.now();
    const wanted = [...this.#candidacies].filter(([, candidacy]) => candidacy.wanted(begun));
    if (wanted.length === 0) return;
    try {
      const terms = await this.#table.take(wanted.map(([role]) => role));
      // the lease began after the question was sent, so it lasts at least until then
      const untilMs = begun + this.#leaseMs * (1 - SAFETY_SHARE);
      for (const [role, candidacy] of wanted) {
        const term = terms.get(role);
        if (term === undefined || performance.now() >= untilMs) candidacy.lost();
        else candidacy.held(term, untilMs);
      }
    } catch (error) {
      this.#onEvent({ kind: 'away', error });
    }
  }
}
