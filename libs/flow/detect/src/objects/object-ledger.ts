const FIRST_CAPACITY = 4_096;
const FULL = 0.6;
const MAX_USES = 65_535;

/** What was known of an object before the use at hand. One object for all look-ups: read it at once. */
export interface ObjectKnown {
  /** Hash of the caller that used it first; 0: nobody did. */
  owner: number;
  ownerUses: number;
  /** Callers besides the owner: 0, 1, or 2 for more. */
  others: number;
  /** The caller of the use at hand is none of those: its first use. Of the fourth caller on nobody knows: false. */
  joins: boolean;
}

/**
 * Who used which object: its first caller with the number of its uses, and two more callers. 20 bytes an object in two generations:
 * when the young one is full the old one is forgotten.
 */
export class ObjectLedger {
  #young = new Table();
  #old = new Table();
  readonly #known: ObjectKnown = { owner: 0, ownerUses: 0, others: 0, joins: false };
  forgotten = 0;

  constructor(private readonly maxObjects: number) {}

  /** Notes a use (`counts`: as one that worked), and tells what was known before it. */
  use(object: number, caller: number, counts: boolean): ObjectKnown {
    const known = this.#known;
    let slot = this.#young.find(object);
    if (slot < 0) slot = this.#place(object);
    const table = this.#young;
    const owner = table.owner[slot] ?? 0;
    const second = table.second[slot] ?? 0;
    known.owner = owner;
    known.ownerUses = table.uses[slot] ?? 0;
    const third = table.third[slot] ?? 0;
    known.others = second === 0 ? 0 : third === 0 ? 1 : 2;
    known.joins = third === 0 && owner !== caller && second !== caller;
    if (owner === 0) table.owner[slot] = caller;
    if (owner === 0 || owner === caller) {
      if (counts && known.ownerUses < MAX_USES) table.uses[slot] = known.ownerUses + 1;
    } else if (second === 0) table.second[slot] = caller;
    else if (second !== caller && third === 0) table.third[slot] = caller;
    return known;
  }

  #place(object: number): number {
    if (this.#young.size >= this.maxObjects / 2) {
      this.forgotten += this.#old.size;
      this.#old = this.#young;
      this.#young = new Table();
    }
    const slot = this.#young.add(object);
    const before = this.#old.find(object);
    if (before >= 0) this.#young.copy(slot, this.#old, before);
    return slot;
  }
}

/** Numbers that were shown, in two generations: when the young one is full the old one is forgotten. 7 bytes a number. */
export class NumberSet {
  #young = new Uint32Array(FIRST_CAPACITY);
  #old = new Uint32Array(FIRST_CAPACITY);
  #size = 0;

  constructor(private readonly limit: number) {}

  /** True when it was not there. 0 never is. */
  add(number: number): boolean {
    if (has(this.#young, number)) return false;
    const isNew = !has(this.#old, number);
    if (this.#size >= this.limit / 2) {
      this.#old = this.#young;
      this.#young = new Uint32Array(this.#old.length);
      this.#size = 0;
    }
    if (this.#size >= this.#young.length * FULL) {
      const small = this.#young;
      this.#young = new Uint32Array(small.length * 2);
      for (const held of small) if (held !== 0) put(this.#young, held);
    }
    put(this.#young, number);
    this.#size++;
    return isNew;
  }
}

const has = (cells: Uint32Array, number: number): boolean => {
  const mask = cells.length - 1;
  for (let at = number & mask; ; at = (at + 1) & mask) {
    const held = cells[at];
    if (held === number) return true;
    if (held === 0) return false;
  }
};

const put = (cells: Uint32Array, number: number): void => {
  const mask = cells.length - 1;
  let at = number & mask;
  while (cells[at] !== 0) at = (at + 1) & mask;
  cells[at] = number;
};

/** Open addressing; capacity is a power of two. */
class Table {
  size = 0;
  #keys = new Uint32Array(FIRST_CAPACITY);
  owner = new Uint32Array(FIRST_CAPACITY);
  second = new Uint32Array(FIRST_CAPACITY);
  third = new Uint32Array(FIRST_CAPACITY);
  uses = new Uint16Array(FIRST_CAPACITY);

  find(key: number): number {
    const mask = this.#keys.length - 1;
    for (let at = key & mask; ; at = (at + 1) & mask) {
      const held = this.#keys[at];
      if (held === key) return at;
      if (held === 0) return -1;
    }
  }

  add(key: number): number {
    if (this.size >= this.#keys.length * FULL) this.#grow();
    const at = this.#free(key);
    this.#keys[at] = key;
    this.size++;
    return at;
  }

  copy(to: number, from: Table, slot: number): void {
    this.owner[to] = from.owner[slot] ?? 0;
    this.second[to] = from.second[slot] ?? 0;
    this.third[to] = from.third[slot] ?? 0;
    this.uses[to] = from.uses[slot] ?? 0;
  }

  #free(key: number): number {
    const mask = this.#keys.length - 1;
    let at = key & mask;
    while (this.#keys[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const old = { keys: this.#keys, owner: this.owner, second: this.second, third: this.third, uses: this.uses };
    const capacity = old.keys.length * 2;
    this.#keys = new Uint32Array(capacity);
    this.owner = new Uint32Array(capacity);
    this.second = new Uint32Array(capacity);
    this.third = new Uint32Array(capacity);
    this.uses = new Uint16Array(capacity);
    for (let i = 0; i < old.keys.length; i++) {
      const key = old.keys[i] ?? 0;
      if (key === 0) continue;
      const at = this.#free(key);
      this.#keys[at] = key;
      this.owner[at] = old.owner[i] ?? 0;
      this.second[at] = old.second[i] ?? 0;
      this.third[at] = old.third[i] ?? 0;
      this.uses[at] = old.uses[i] ?? 0;
    }
  }
}
