import { MINUTE_MS } from '../../windows/time.ts';

const MAX_CLIENTS = 32;
const HALF_LIFE_MS = 10 * MINUTE_MS;
const FORGOTTEN_MS = 60 * MINUTE_MS;
/** Clients that were let in from the address before, from which on many people are behind it; and the largest part one may have. */
const MANY = 4;
const LARGEST_SHARE = 0.5;

/** With what programs an address fails to log in, and which of them were let in from there before. */
export class FamiliarClients {
  #clients: Map<string, { n: number; familiar: boolean }> | undefined;
  #failures = 0;
  #since = Number.NEGATIVE_INFINITY;

  add(client: string, familiar: boolean, at: number): void {
    if (at - this.#since > HALF_LIFE_MS) this.#fade(at);
    this.#failures++;
    const clients = (this.#clients ??= new Map());
    const known = clients.get(client);
    if (known) known.n++;
    else if (clients.size < MAX_CLIENTS) clients.set(client, { n: 1, familiar });
  }

  /** Many people with clients of their own fail together: their login is out of order. A guesser has one client, or ones that nobody knows. */
  get areMany(): boolean {
    let [familiar, largest, failures] = [0, 0, 0];
    for (const one of this.#clients?.values() ?? []) {
      if (one.n > largest) largest = one.n;
      if (!one.familiar) continue;
      familiar++;
      failures += one.n;
    }
    return familiar >= MANY && failures >= 0.8 * this.#failures && largest <= LARGEST_SHARE * this.#failures;
  }

  /** What is older counts for half. */
  #fade(at: number): void {
    if (at - this.#since > FORGOTTEN_MS) this.#clients = undefined;
    this.#since = at;
    this.#failures = 0;
    for (const [client, one] of this.#clients ?? []) {
      one.n = Math.floor(one.n / 2);
      this.#failures += one.n;
      if (one.n === 0) this.#clients?.delete(client);
    }
  }
}
