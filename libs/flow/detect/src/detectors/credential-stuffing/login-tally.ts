const MAX_ADDRESSES = 8_192;
const MAX_CLIENTS = 512;

interface ClientTally {
  failures: number;
  readonly addresses: Set<number>;
}

/** Logins at one endpoint in one stretch of time: bounded; what is beyond the bounds is counted in the sums alone. */
class Generation {
  failures = 0;
  successes = 0;
  readonly addresses = new Set<number>();
  /** Those of them that somebody logged in from before. */
  readonly familiar = new Set<number>();
  readonly clients = new Map<string, ClientTally>();
}

export interface ClientFailures {
  readonly client: string;
  readonly failures: number;
  readonly addresses: number;
}

/** Failed logins and their addresses over one to two stretches of `generationMs`. */
export class LoginTally {
  #young = new Generation();
  #old = new Generation();
  #since = Number.NEGATIVE_INFINITY;

  constructor(private readonly generationMs: number) {}

  /** Sums of the stretch that ended, or undefined: time went on within one. */
  advance(at: number): { readonly failures: number; readonly successes: number } | undefined {
    if (at - this.#since < this.generationMs) return undefined;
    const ended = this.#young;
    const isFirst = this.#since === Number.NEGATIVE_INFINITY;
    this.#old = at - this.#since >= 2 * this.generationMs ? new Generation() : ended;
    this.#young = new Generation();
    this.#since = at;
    return isFirst ? undefined : { failures: ended.failures, successes: ended.successes };
  }

  fail(address: number, client: string, isFamiliar: boolean): void {
    const young = this.#young;
    young.failures++;
    if (isFamiliar && young.familiar.size < MAX_ADDRESSES) young.familiar.add(address);
    if (young.addresses.size < MAX_ADDRESSES) young.addresses.add(address);
    let tally = young.clients.get(client);
    if (tally === undefined) {
      if (young.clients.size >= MAX_CLIENTS) return;
      tally = { failures: 0, addresses: new Set() };
      young.clients.set(client, tally);
    }
    tally.failures++;
    if (tally.addresses.size < MAX_ADDRESSES) tally.addresses.add(address);
  }

  succeed(): void {
    this.#young.successes++;
  }

  get failures(): number {
    return this.#young.failures + this.#old.failures;
  }

  get successes(): number {
    return this.#young.successes + this.#old.successes;
  }

  get addresses(): number {
    return distinct(this.#young.addresses, this.#old.addresses);
  }

  get familiar(): number {
    return distinct(this.#young.familiar, this.#old.familiar);
  }

  failuresOf(client: string): number {
    return (this.#young.clients.get(client)?.failures ?? 0) + (this.#old.clients.get(client)?.failures ?? 0);
  }

  /** By client; those with at least `least` failures. */
  clients(least: number): ClientFailures[] {
    const found: ClientFailures[] = [];
    for (const client of new Set([...this.#young.clients.keys(), ...this.#old.clients.keys()])) {
      const young = this.#young.clients.get(client);
      const old = this.#old.clients.get(client);
      const failures = (young?.failures ?? 0) + (old?.failures ?? 0);
      if (failures >= least)
        found.push({ client, failures, addresses: distinct(young?.addresses ?? NOBODY, old?.addresses ?? NOBODY) });
    }
    return found;
  }
}

const NOBODY: ReadonlySet<number> = new Set();

const distinct = (a: ReadonlySet<number>, b: ReadonlySet<number>): number => {
  let n = a.size;
  for (const one of b) if (!a.has(one)) n++;
  return n;
};
