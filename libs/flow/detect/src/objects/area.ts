import { MINUTE_MS } from '../windows/time.ts';

/** Numbers that stand still for so long, or began so long ago, are over. */
const PAUSE_MS = 5 * MINUTE_MS;
const LONGEST_MS = 10 * MINUTE_MS;
/** Parallel connections leave so many numbers out and come back to them. */
const REACH = 64;

/** Numbers of one region, in whatever order: how many different ones between which bounds. */
export class Patch {
  /** Asked for the first time ever; all requests for numbers between the bounds; answers 401, 403 and 404 to the former. */
  count = 0;
  asked = 0;
  refused = 0;
  low = 0;
  high = 0;
  startedAt = Number.NEGATIVE_INFINITY;
  lastAt = Number.NEGATIVE_INFINITY;
  /** It began right after a list: as `Walk.nearList` has it. */
  nearList = -1;
  told = false;

  constructor(private readonly reach: number) {}

  /** Part of the numbers between the bounds that were asked for; above 1 they are not what differs. */
  get density(): number {
    return this.count / (this.high - this.low + 1);
  }

  isOver(at: number): boolean {
    return at - this.lastAt > PAUSE_MS || at - this.startedAt > LONGEST_MS;
  }

  isNear(number: number): boolean {
    return number >= this.low - this.reach && number <= this.high + this.reach;
  }

  begin(number: number, at: number): void {
    this.count = 0;
    this.asked = 0;
    this.refused = 0;
    this.low = number;
    this.high = number;
    this.startedAt = at;
    this.nearList = -1;
    this.told = false;
  }

  take(number: number, at: number, isNew: boolean, refused: boolean): void {
    this.asked++;
    this.lastAt = at;
    if (!isNew) return;
    this.count++;
    if (refused) this.refused++;
    if (number < this.low) this.low = number;
    if (number > this.high) this.high = number;
  }
}

/** New numbers without a longer pause. */
const BREATH_MS = 3_000;

/** New objects that a caller asks for without drawing breath. */
export class Burst {
  count = 0;
  asked = 0;
  startedAt = Number.NEGATIVE_INFINITY;
  #lastAt = Number.NEGATIVE_INFINITY;

  add(at: number, isNew: boolean): void {
    if (at - this.#lastAt > BREATH_MS) {
      this.count = 0;
      this.asked = 0;
      this.startedAt = at;
    }
    this.#lastAt = at;
    this.asked++;
    if (isNew) this.count++;
  }
}

/** Where a caller reads at one template: all numbers together, and the two regions that it is busy in. */
export class Area {
  readonly whole = new Patch(Number.POSITIVE_INFINITY);
  readonly burst = new Burst();
  #one = new Patch(REACH);
  #two = new Patch(REACH);
  #under = 0;

  /** `under`: hash of the ids before the number. Tells the smaller region that it belongs to. */
  add(number: number, at: number, under: number, isNew: boolean, refused: boolean): Patch {
    const elsewhere = under !== this.#under;
    this.#under = under;
    if (elsewhere || this.whole.isOver(at)) {
      this.whole.begin(number, at);
      this.#one.lastAt = Number.NEGATIVE_INFINITY;
      this.#two.lastAt = Number.NEGATIVE_INFINITY;
    }
    this.whole.take(number, at, isNew, refused);
    const patch = this.#patchFor(number, at);
    patch.take(number, at, isNew, refused);
    return patch;
  }

  #patchFor(number: number, at: number): Patch {
    const [one, two] = [this.#one, this.#two];
    if (!one.isOver(at) && one.isNear(number)) return one;
    if (!two.isOver(at) && two.isNear(number)) return two;
    const free = one.isOver(at) || (!two.isOver(at) && one.count < two.count) ? one : two;
    free.begin(number, at);
    return free;
  }
}
