import type { Change } from '@outrider/contracts/topics/change';

/** A change with its place in this process's stream. */
export interface Numbered {
  readonly seq: number;
  readonly change: Change;
}

/** The last changes, for clients that come back: bounded, oldest forgotten first. */
export class ChangeRing {
  readonly #changes: Numbered[] = [];
  #seq = 0;

  /** `epoch` names this process's run: ids of another run mean nothing here. */
  constructor(
    private readonly epoch: string,
    private readonly capacity: number,
  ) {}

  add(change: Change): Numbered {
    const numbered = { seq: ++this.#seq, change };
    this.#changes.push(numbered);
    if (this.#changes.length > this.capacity) this.#changes.shift();
    return numbered;
  }

  /** `<epoch>-<seq>`: monotonic within one run of this process. */
  idOf(seq: number = this.#seq): string {
    return `${this.epoch}-${seq}`;
  }

  /** The newest change of each row after `lastId`; undefined when some may be forgotten, or the id is not one of this run. */
  since(lastId: string): readonly Numbered[] | undefined {
    const match = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(lastId);
    if (!match || match[1] !== this.epoch) return undefined;
    const seq = Number(match[2]);
    const oldest = this.#changes[0]?.seq ?? this.#seq + 1;
    if (seq > this.#seq || seq < oldest - 1) return undefined;
    const newest = new Map<string, Numbered>();
    for (const numbered of this.#changes) {
      if (numbered.seq <= seq) continue;
      const key = `${numbered.change.kind}:${numbered.change.id}`;
      newest.delete(key);
      newest.set(key, numbered);
    }
    return [...newest.values()];
  }
}
