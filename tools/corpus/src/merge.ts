/** A stream in order of time that begins at `at`; `open` is called when its time has come. */
export interface Source<T> {
  readonly at: number;
  open(): Iterable<T>;
}

interface Timed {
  readonly at: number;
}

interface Lane<T> {
  head: T;
  readonly rest: Iterator<T>;
}

/**
 * One stream in order of time from many. `sources` come in order of their beginning and are opened lazily, so that months of
 * sessions need the memory of those that are open at one moment.
 */
export function* merge<T extends Timed>(sources: Iterable<Source<T>>): Generator<T> {
  const lanes = new Heap<Lane<T>>((lane) => lane.head.at);
  const pending = sources[Symbol.iterator]();
  let next = pending.next();
  while (!next.done || lanes.size > 0) {
    while (!next.done && (lanes.size === 0 || next.value.at <= (lanes.peek()?.head.at ?? Infinity))) {
      const rest = next.value.open()[Symbol.iterator]();
      const first = rest.next();
      if (!first.done) lanes.push({ head: first.value, rest });
      next = pending.next();
    }
    const lane = lanes.peek();
    if (lane === undefined) continue;
    yield lane.head;
    const following = lane.rest.next();
    if (following.done) lanes.pop();
    else {
      lane.head = following.value;
      lanes.sink();
    }
  }
}

/** Smallest key first. */
export class Heap<T> {
  readonly #items: T[] = [];

  constructor(private readonly key: (item: T) => number) {}

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.key(items[parent] as T) <= this.key(item)) break;
      items[i] = items[parent] as T;
      i = parent;
    }
    items[i] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      this.sink();
    }
    return top;
  }

  /** The first item's key has grown. */
  sink(): void {
    const items = this.#items;
    const item = items[0] as T;
    const key = this.key(item);
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.key(items[child + 1] as T) < this.key(items[child] as T)) child++;
      if (this.key(items[child] as T) >= key) break;
      items[i] = items[child] as T;
      i = child;
    }
    items[i] = item;
  }
}
