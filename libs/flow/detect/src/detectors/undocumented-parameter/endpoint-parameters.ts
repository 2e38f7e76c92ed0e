import { hash32 } from '../../duplicates/hash64.ts';

const MAX_NAMES = 256;
const MAX_PENDING = 64;
const MAX_CALLERS = 8;

/** The query parameters that one endpoint was asked with. At most about 10 KB, mostly 0.3. */
export class EndpointParameters {
  readonly #names = new Set<number>();
  readonly #pending = new Map<number, Set<number>>();
  readonly #bringers = new Set<number>();

  has(name: number): boolean {
    return this.#names.has(name);
  }

  /** Names are made up as people go: none of them says anything. */
  get isDynamic(): boolean {
    return this.#names.size >= MAX_NAMES || (this.#names.size > 64 && this.#bringers.size >= MAX_CALLERS / 2);
  }

  add(name: number): void {
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  bring(callerKey: string): void {
    if (this.#bringers.size < MAX_CALLERS) this.#bringers.add(hash32(callerKey));
  }

  /** A name that is held back until several callers use it; true when it is the endpoint's own by now. */
  pend(name: number, callerKey: string, adoptedBy: number): boolean {
    let callers = this.#pending.get(name);
    if (callers === undefined) {
      if (this.#pending.size >= MAX_PENDING) return false;
      callers = new Set();
      this.#pending.set(name, callers);
    }
    if (callers.size < MAX_CALLERS) callers.add(hash32(callerKey));
    if (callers.size < adoptedBy) return false;
    this.#pending.delete(name);
    this.add(name);
    return true;
  }
}
