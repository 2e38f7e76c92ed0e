/** One partition at one moment: `end` is the offset that the next message will get. */
interface Mark {
  readonly at: number;
  readonly end: number;
}

/** Enough to tell any age between a second and a week to within a tenth. */
const MAX_MARKS = 256;

/**
 * When which offset was reached, remembered from looking at the end now and then, in bounded memory: the older, the coarser, and never
 * later than it was.
 */
export class OffsetTimes {
  #marks: Mark[] = [];

  /** In the order of time. */
  add(at: number, end: number): void {
    const last = this.#marks.at(-1);
    // A topic that was made anew, or a clock that was set back.
    if (last && (at < last.at || end < last.end)) this.#marks = [];
    // Of a time in which nothing came only begin and end are needed.
    else if (last && last.end === end && this.#marks.at(-2)?.end === end) this.#marks.pop();
    this.#marks.push({ at, end });
    if (this.#marks.length > MAX_MARKS) this.#marks.splice(this.#leastMissed(at), 1);
  }

  /** The latest known moment at which the message at `offset` was not there yet; undefined when it is older than all we know. */
  before(offset: number): number | undefined {
    let found: number | undefined;
    for (const { at, end } of this.#marks) {
      if (end > offset) break;
      found = at;
    }
    return found;
  }

  /** The mark whose neighbours are nearest to each other, compared with their age. */
  #leastMissed(now: number): number {
    let best = 1;
    let smallest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#marks.length - 1; i += 1) {
      const before = this.#marks[i - 1]?.at ?? 0;
      const gap = ((this.#marks[i + 1]?.at ?? 0) - before) / (now - before + 1);
      if (gap >= smallest) continue;
      smallest = gap;
      best = i;
    }
    return best;
  }
}
