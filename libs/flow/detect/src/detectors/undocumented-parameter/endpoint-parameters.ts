import { hash32 } from '../../duplicates/hash64.ts';

const MAX_NAMES = 256;
const MAX_PENDING = 64;
const MAX_CALLERS = 8;
/** Values of other kinds were seen, or the name is no number's at all. */
const MIXED = -1;
/** In the place of a name's hash. */
const CHANGES = 0x2545f491;

/** The query parameters that one endpoint was asked with. At most about 14 KB, mostly 0.3. */
export class EndpointParameters {
  /** By hash: how many values were whole numbers, as long as all were; MIXED. */
  readonly #names = new Map<number, number>();
  readonly #pending = new Map<number, Set<number>>();
  readonly #bringers = new Set<number>();
  /** Names that were repeated within one query. */
  readonly #repeated = new Set<number>();

  /** Long queries with names of their own are this endpoint's manner. */
  #changes = false;

  /** Another caller sends long queries with other names each time; true when that is what callers do here. */
  isChanging(callerKey: string, adoptedBy: number): boolean {
    if (!this.#changes) this.#changes = this.isOwn(CHANGES, callerKey, adoptedBy);
    return this.#changes;
  }

  /** Values that were whole numbers, none was anything else; -1 when some were; undefined of a new name. */
  numbersOf(name: number): number | undefined {
    return this.#names.get(name);
  }

  /** Names are made up as people go: none of them says anything. */
  get isDynamic(): boolean {
    return this.#names.size >= MAX_NAMES || (this.#names.size > 64 && this.#bringers.size >= MAX_CALLERS / 2);
  }

  get names(): number {
    return this.#names.size;
  }

  add(name: number, isNumber = false): void {
    if (this.#names.size < MAX_NAMES) this.#names.set(name, isNumber ? 1 : MIXED);
  }

  count(name: number, numbers: number): void {
    this.#names.set(name, numbers);
  }

  mix(name: number): void {
    this.#names.set(name, MIXED);
  }

  bring(callerKey: string): void {
    if (this.#bringers.size < MAX_CALLERS) this.#bringers.add(hash32(callerKey));
  }

  /** True when the name is repeated here anyway. */
  repeats(name: number): boolean {
    return this.#repeated.has(name);
  }

  addRepeated(name: number): void {
    if (this.#repeated.size < MAX_PENDING) this.#repeated.add(name);
  }

  /** Something that is held back until several callers do it; true when it is the endpoint's own by now. */
  isOwn(what: number, callerKey: string, adoptedBy: number): boolean {
    let callers = this.#pending.get(what);
    if (callers === undefined) {
      if (this.#pending.size >= MAX_PENDING) return false;
      callers = new Set();
      this.#pending.set(what, callers);
    }
    if (callers.size < MAX_CALLERS) callers.add(hash32(callerKey));
    if (callers.size < adoptedBy) return false;
    this.#pending.delete(what);
    return true;
  }

  /** A name that is held back until several callers use it; true when it is the endpoint's own by now. */
  pend(name: number, callerKey: string, adoptedBy: number): boolean {
    if (!this.isOwn(name, callerKey, adoptedBy)) return false;
    this.add(name);
    return true;
  }
}
