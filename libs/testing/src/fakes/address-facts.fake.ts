import { AddressFacts, NO_FACTS, type AddressFactsStatus, type Facts } from '@outrider/ports/address-facts';

/** Facts that a test says; every other address is unknown. */
export class FakeAddressFacts extends AddressFacts {
  readonly #facts = new Map<string, Facts>();

  say(ip: string, facts: Partial<Facts>): this {
    this.#facts.set(ip, Object.freeze({ ...NO_FACTS, ...facts }));
    return this;
  }

  lookup(ip: string): Facts {
    return this.#facts.get(ip) ?? NO_FACTS;
  }

  status(): AddressFactsStatus {
    return { sources: [], cached: 0 };
  }
}
