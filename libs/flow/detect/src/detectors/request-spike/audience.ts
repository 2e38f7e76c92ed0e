import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { WINDOW_MS } from '../../windows/time.ts';

const MAX_ADDRESSES = 512;

/** How many addresses a caller's last five to ten minutes came from, and how much each asked: of the first 512 of each five minutes. */
export class Audience {
  #young = new Set<number>();
  #old = new Set<number>();
  #youngRequests = 0;
  #oldRequests = 0;
  #since = Number.NEGATIVE_INFINITY;

  add(event: ApiEvent, at: number): void {
    if (at - this.#since >= WINDOW_MS) {
      const isNext = at - this.#since < 2 * WINDOW_MS;
      this.#old = isNext ? this.#young : new Set();
      this.#oldRequests = isNext ? this.#youngRequests : 0;
      this.#young = new Set();
      this.#youngRequests = 0;
      this.#since = at;
    }
    const address = hash32(event.clientIp);
    if (this.#young.has(address)) this.#youngRequests++;
    else if (this.#young.size < MAX_ADDRESSES) {
      this.#young.add(address);
      this.#youngRequests++;
    }
  }

  get addresses(): number {
    return Math.max(this.#young.size, this.#old.size);
  }

  /** Mean requests of an address within five minutes. */
  get perAddress(): number {
    const addresses = this.#young.size + this.#old.size;
    return addresses === 0 ? 0 : (this.#youngRequests + this.#oldRequests) / addresses;
  }
}
