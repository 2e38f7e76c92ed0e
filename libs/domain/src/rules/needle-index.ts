/**
 * Finds which of many short texts are in a long one, in one pass (Aho and Corasick's automaton over character classes): linear in the
 * length of the text, however many needles there are. Case does not count.
 */
export class NeedleIndex {
  /** Class of a UTF-16 unit: 0 for all that no needle holds. */
  readonly #classOf = new Uint8Array(65_536);
  readonly #classes: number;
  readonly #next: Int32Array;
  /** Needles that end in a state, those of its suffixes included. */
  readonly #ends: (readonly number[] | undefined)[];

  constructor(needles: readonly string[]) {
    const lower = needles.map((needle) => needle.toLowerCase());
    this.#classes = this.#classify(lower);
    const tree = this.#treeOf(lower);
    this.#next = Int32Array.from(tree.next.flat());
    this.#ends = tree.ends;
    this.#link(tree);
  }

  /** Calls `found` with the position of each needle that is in the text; the same one may come again. */
  search(text: string, found: (needle: number) => void): void {
    const next = this.#next;
    const classes = this.#classes;
    const classOf = this.#classOf;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      state = next[state * classes + (classOf[text.charCodeAt(i)] ?? 0)] ?? 0;
      const ends = this.#ends[state];
      if (ends !== undefined) for (const needle of ends) found(needle);
    }
  }

  /** Upper and lower case share a class; beyond 255 different letters the rest share the last. */
  #classify(needles: readonly string[]): number {
    let classes = 1;
    for (const needle of needles)
      for (let i = 0; i < needle.length; i++) {
        const code = needle.charCodeAt(i);
        if (this.#classOf[code] !== 0) continue;
        const own = classes > 255 ? 255 : classes++;
        this.#classOf[code] = own;
        const upper = String.fromCharCode(code).toUpperCase();
        if (upper.length === 1) this.#classOf[upper.charCodeAt(0)] = own;
      }
    // Letters that only lower-casing brings here, as K (Kelvin) to k.
    for (const code of [0x130, 0x212a, 0x212b]) {
      const folded = String.fromCharCode(code).toLowerCase().charCodeAt(0);
      this.#classOf[code] = this.#classOf[folded] ?? 0;
    }
    return Math.min(classes, 256);
  }

  #treeOf(needles: readonly string[]): Tree {
    const none = (): number[] => new Array<number>(this.#classes).fill(0);
    const tree: Tree = { next: [none()], ends: [undefined] };
    for (const [index, needle] of needles.entries()) {
      let state = 0;
      for (let i = 0; i < needle.length; i++) {
        const own = this.#classOf[needle.charCodeAt(i)] ?? 0;
        const row = tree.next[state];
        if (!row) break;
        let to = row[own] ?? 0;
        if (to === 0) {
          to = tree.next.push(none()) - 1;
          row[own] = to;
          tree.ends.push(undefined);
        }
        state = to;
      }
      tree.ends[state] = [...(tree.ends[state] ?? []), index];
    }
    return tree;
  }

  /** Turns the tree into the automaton: a missing branch goes where the longest proper suffix would have gone. */
  #link(tree: Tree): void {
    const classes = this.#classes;
    const fail = new Int32Array(tree.next.length);
    const queue: number[] = [];
    for (let c = 0; c < classes; c++) {
      const to = this.#next[c] ?? 0;
      if (to !== 0) queue.push(to);
    }
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head] ?? 0;
      const back = fail[state] ?? 0;
      const inherited = this.#ends[back];
      if (inherited) this.#ends[state] = [...(this.#ends[state] ?? []), ...inherited];
      for (let c = 0; c < classes; c++) {
        const to = this.#next[state * classes + c] ?? 0;
        const over = this.#next[back * classes + c] ?? 0;
        if (to === 0) this.#next[state * classes + c] = over;
        else {
          fail[to] = over;
          queue.push(to);
        }
      }
    }
  }
}

interface Tree {
  readonly next: number[][];
  readonly ends: (readonly number[] | undefined)[];
}
