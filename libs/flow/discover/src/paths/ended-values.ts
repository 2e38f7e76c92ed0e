import { flat } from './exact-paths.ts';

/** More values than this are no closed set of names. */
const MAX_VALUES = 16;

export interface ValueUse {
  hits: number;
  /** Sketch, 32 cells. */
  callers: number;
}

/**
 * Through which values a parameter's endpoint was reached, as long as they are few: `POST /ips/share` is no `POST /ips/{address}` where
 * nothing else was ever posted to. Forgotten for good once they are more.
 */
export class EndedValues {
  readonly uses = new Map<string, ValueUse>();
  /** More than are counted, or others than untyped ones. */
  isOpen = false;

  /** `token` is undefined for a value that its shape proves. */
  add(token: string | undefined, callers: number, hits: number): void {
    if (this.isOpen) return;
    if (token === undefined) return this.open();
    const use = this.uses.get(token);
    if (use !== undefined) {
      use.hits += hits;
      use.callers |= callers;
    } else if (this.uses.size >= MAX_VALUES) this.open();
    else this.uses.set(flat(token), { hits, callers });
  }

  merge(other: EndedValues | undefined): void {
    if (other === undefined || other.isOpen) return this.open();
    for (const [token, { hits, callers }] of other.uses) this.add(token, callers, hits);
  }

  open(): void {
    this.isOpen = true;
    this.uses.clear();
  }
}
