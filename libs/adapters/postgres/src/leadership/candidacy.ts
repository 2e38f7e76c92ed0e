import type { Leader } from '@outrider/ports/leadership';

export interface CandidacyParts {
  readonly role: string;
  readonly leader: Leader;
  /** Of `lead` and `resign`; the role goes on being competed for. */
  readonly onFailure: (what: 'lead' | 'resign', error: unknown) => void;
  /** Gives the role back to the others; may fail, then the lease runs out. */
  readonly giveBack: (term: number) => Promise<void>;
  /** ms without competing after a `lead` that failed, so that another process has its turn. */
  readonly pauseMs: number;
}

/**
 * One role of one process: knows its term and until when it surely holds, by the monotonic clock of this process. `resign` is called at once
 * when that time is over, whether or not the database can be asked, and whether or not `lead` has returned.
 */
export class Candidacy {
  #term: number | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #withdrawn = false;
  /** What `lead` and `resign` still have to do; the next term begins after it. */
  #work: Promise<unknown> = Promise.resolve();
  #working = 0;

  constructor(private readonly parts: CandidacyParts) {}

  /** Whether the role is to be taken or renewed now. A process that has not yet put down its last term asks for no new one. */
  wanted(now: number): boolean {
    if (this.#withdrawn) return false;
    return this.#term !== undefined || (this.#working === 0 && now >= this.#notBefore);
  }

  get term(): number | undefined {
    return this.#term;
  }

  /** The database says that the role is ours in `term`; surely until `untilMs` (performance.now()). */
  held(term: number, untilMs: number): void {
    if (this.#withdrawn) return this.#hand(term);
    if (this.#term !== undefined && this.#term !== term) this.#resign();
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.lost(), Math.max(0, untilMs - performance.now()));
    this.#deadline.unref();
    if (this.#term === undefined) this.#lead(term);
  }

  /** The lease has run out, or another process has the role. */
  lost(): void {
    if (this.#term !== undefined) this.#resign();
  }

  /** Ends the work, then hands the role over. */
  async withdraw(): Promise<void> {
    this.#withdrawn = true;
    const held = this.#term;
    this.lost();
    await this.#work;
    if (held !== undefined) await this.parts.giveBack(held);
  }

  #lead(term: number): void {
    this.#term = term;
    this.#do('lead', async () => {
      try {
        if (this.#term === term) await this.parts.leader.lead(term);
      } catch (error) {
        if (this.#term === term) this.#giveUp(term);
        throw error;
      }
      // it was lost while it began: whatever began after the first call of resign ends now
      if (this.#term !== term) await this.parts.leader.resign();
    });
  }

  /** `lead` failed: the role goes to whoever can. */
  #giveUp(term: number): void {
    this.#notBefore = performance.now() + this.parts.pauseMs;
    this.#resign();
    this.#hand(term);
  }

  #resign(): void {
    this.#term = undefined;
    clearTimeout(this.#deadline);
    // beside `lead` if that is still running: the work must end now
    const done = this.#call('resign', () => this.parts.leader.resign());
    this.#queue(done);
  }

  #hand(term: number): void {
    this.#queue(this.parts.giveBack(term));
  }

  #do(what: 'lead' | 'resign', task: () => Promise<void>): void {
    this.#queue(this.#work.then(() => this.#call(what, task)));
  }

  #queue(task: Promise<unknown>): void {
    this.#working += 1;
    this.#work = Promise.allSettled([this.#work, task]).finally(() => {
      this.#working -= 1;
    });
  }

  async #call(what: 'lead' | 'resign', task: () => Promise<void> | void): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.parts.onFailure(what, error);
    }
  }
}
