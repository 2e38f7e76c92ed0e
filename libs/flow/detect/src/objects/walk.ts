import type { Area } from './area.ts';
import type { RunCompany } from './run-company.ts';
import { TermList } from '../knowledge/term-list.ts';
import { DAY_MS, HOUR_MS, WINDOW_MS } from '../windows/time.ts';

/** Counts of a window that slides by whole spans: the span at hand and the one before it. */
export class Spans {
  #span = Number.NEGATIVE_INFINITY;
  #older = 0;
  now = 0;
  before = 0;
  /** Most of any two neighbouring spans that are over, the two at hand left out. */
  most = 0;
  /** Spans with anything in them that are over. */
  filled = 0;

  constructor(private readonly spanMs: number) {}

  /** Between one and two spans. */
  get sum(): number {
    return this.now + this.before;
  }

  add(at: number, n: number, teaches: boolean): void {
    const span = Math.floor(at / this.spanMs);
    if (span > this.#span) this.#turn(span, teaches);
    this.now += n;
  }

  #turn(span: number, teaches: boolean): void {
    if (this.#span !== Number.NEGATIVE_INFINITY) {
      const gap = span - this.#span > 1;
      if (teaches) {
        this.most = Math.max(this.most, this.#older + this.before, gap ? this.before + this.now : 0);
        if (this.now > 0) this.filled++;
      }
      this.#older = gap ? this.now : this.before;
      this.before = gap ? 0 : this.now;
      this.now = 0;
    }
    this.#span = span;
  }
}

/** How a caller goes from number to number: the run at hand, and the longest one that is over for an hour and more. */
export class Run {
  #last = -1;
  #other = -1;
  step = 0;
  /** Numbers in the run, and those of them that the caller never asked for before. */
  length = 0;
  fresh = 0;
  /** Answers 401 and 403 on the way. */
  denied = 0;
  /** The run at hand was told. */
  told = false;
  /** Numbers that stepped beside it since it began. */
  misses = 0;
  startedAt = 0;
  first = 0;
  lastAt = 0;
  /** Longest run that ended before the run at hand began. */
  longest = 0;

  get at(): number {
    return this.#last;
  }

  /** True when the number made the run longer. `reach`: the widest step that is one. */
  add(number: number, at: number, reach: number, teaches: boolean, isNew = true): boolean {
    if (this.#last < 0) {
      this.#begin(number, at, 0, isNew);
      return false;
    }
    const delta = number - this.#last;
    if (delta === 0) return false;
    if (at - this.lastAt > HOUR_MS) return this.#turn(number, at, 0, teaches, isNew);
    if (this.#extends(delta, reach)) {
      if (this.length === 1) this.step = delta;
      this.#last = number;
      this.lastAt = at;
      this.length++;
      if (isNew) this.fresh++;
      return true;
    }
    this.misses++;
    const beside = number - this.#other;
    const restart = this.#other >= 0 && beside !== 0 && Math.abs(beside) <= reach;
    if (this.length < 5 || restart || this.misses > this.length)
      this.#turn(number, at, restart ? beside : 0, teaches, isNew);
    else this.#other = number;
    return false;
  }

  /** Takes the run at hand for over where it stands still for an hour: the caller may never come back to this walk. */
  settle(at: number, teaches: boolean): void {
    if (teaches && at - this.lastAt > HOUR_MS && this.length > this.longest) this.longest = this.length;
  }

  /** The same step again, or one or two numbers left out on the way. */
  #extends(delta: number, reach: number): boolean {
    if (this.length === 1) return Math.abs(delta) <= reach;
    return delta === this.step || (delta > 0 === this.step > 0 && Math.abs(delta) <= 3 * Math.abs(this.step));
  }

  #turn(number: number, at: number, step: number, teaches: boolean, isNew: boolean): boolean {
    if (teaches && this.length > this.longest) this.longest = this.length;
    this.#begin(number, at, step, isNew);
    return step !== 0;
  }

  #begin(number: number, at: number, step: number, isNew: boolean): void {
    this.#last = number;
    this.#other = -1;
    this.step = step;
    this.first = number - step;
    this.length = step === 0 ? 1 : 2;
    this.fresh = isNew ? this.length : 0;
    this.told = false;
    this.denied = 0;
    this.misses = 0;
    this.startedAt = at;
    this.lastAt = at;
  }
}

/** The most that any caller did, who, and the most of any other. */
export class Leaders {
  #most = 0;
  #by = 0;
  #second = 0;

  note(caller: number, most: number): void {
    if (caller === this.#by) this.#most = Math.max(this.#most, most);
    else if (most > this.#most) {
      this.#second = this.#most;
      this.#most = most;
      this.#by = caller;
    } else if (most > this.#second) this.#second = most;
  }

  mostBut(caller: number): number {
    return caller === this.#by ? this.#second : this.#most;
  }
}

/** What all callers do with the objects of one template. */
export class TemplateStat {
  /** Different objects seen; callers (64 singly) that went through objects or pages here. */
  known = 0;
  /** Pairs of a caller with credentials and an object that it was given; those of them whose object another caller had before. */
  pairs = 0;
  shared = 0;
  /** New objects that a caller asked for in five to ten minutes: of addresses without credentials (crawlers that say so left out), and of who has some. */
  readonly anonymous = new Leaders();
  readonly identified = new Leaders();
  /** Pages in a row of anybody. */
  readonly pages = new Leaders();
  readonly callers = new TermList(64);
  /** Callers that did the same at length: of each kind. */
  readonly alike: Readonly<Record<Manner, TermList>> = {
    many: new TermList(16),
    run: new TermList(16),
    pages: new TermList(16),
    breadth: new TermList(16),
    dense: new TermList(16),
    region: new TermList(16),
  };

  /** Notes that this caller goes at it in this manner, and tells how many others do. */
  others(manner: Manner, caller: number, at: number): number {
    const list = this.alike[manner];
    list.add(caller, at);
    return list.size - 1;
  }
}
export type Manner = 'many' | 'run' | 'pages' | 'breadth' | 'dense' | 'region';

/** Headers and a few records: smaller answers are no pages of a collection. */
const LEAST_PAGE_BYTES = 1_500;

/** One caller from one address at one template: how it goes through objects. */
export class Walk {
  /** Objects that the caller never asked for before; those of them that were refused, and forbidden; all requests with an object. Five minutes each. */
  readonly fresh = new Spans(WINDOW_MS);
  readonly refused = new Spans(WINDOW_MS);
  readonly forbidden = new Spans(WINDOW_MS);
  readonly requests = new Spans(WINDOW_MS);
  /** New objects that it wrote to and was let, of five minutes and of an hour: who works on objects does not copy them. Most never write. */
  written: Spans | undefined;
  writtenHour: Spans | undefined;
  /** The same of one hour, and of half a day. */
  readonly freshHour = new Spans(HOUR_MS);
  readonly freshDay = new Spans(DAY_MS / 2);
  readonly requestsDay = new Spans(DAY_MS / 2);
  readonly ids = new Run();
  readonly pages = new Run();
  /** Regions of numbers; most callers read too few. */
  area: Area | undefined;
  /** The run of ids at hand began right after a list: objects that were asked for of it, 0: it did not say; -1: there was none. */
  nearList = -1;
  /** What goes along with that run; most runs go alone. */
  company: RunCompany | undefined;
  /** Until then (event time) what it does is under an alert and does not teach; ms. */
  heldUntil = Number.NEGATIVE_INFINITY;
  /** Pages in a row by marks, and bytes of the largest of them. */
  #cursorPages = 0;
  #cursorBytes = 0;
  /** Collections that lists of its objects may be of: of the first parameter, and of the last one. */
  readonly parent: string;
  readonly nearest: string;

  constructor(
    readonly template: string,
    readonly stat: TemplateStat,
  ) {
    const cut = template.indexOf('/{');
    this.parent = cut < 0 ? template : template.slice(0, cut);
    this.nearest = template.slice(0, Math.max(0, template.lastIndexOf('/{')));
  }

  /** What it did in windows that are over, where no further request may ever turn them. */
  settle(at: number): void {
    const teaches = at > this.heldUntil;
    this.ids.settle(at, teaches);
    this.pages.settle(at, teaches);
    for (const spans of [this.fresh, this.refused, this.freshHour, this.freshDay]) spans.add(at, 0, teaches);
  }

  /** The first page, which has no mark. */
  turnBack(): void {
    this.#cursorPages = 0;
    this.#cursorBytes = 0;
  }

  /** Number of a page that was asked for by a mark; 0 of one that hardly holds anything: a feed that is waited for is no collection. */
  nextPage(bytes: number): number {
    if (bytes < LEAST_PAGE_BYTES || bytes < this.#cursorBytes / 2) return 0;
    this.#cursorBytes = Math.max(bytes, this.#cursorBytes);
    // the first one had none
    this.#cursorPages = Math.max(2, this.#cursorPages + 1);
    return this.#cursorPages;
  }

  write(at: number): void {
    (this.written ??= new Spans(WINDOW_MS)).add(at, 1, true);
    (this.writtenHour ??= new Spans(HOUR_MS)).add(at, 1, true);
  }
}

/** What a span that may never have been made holds at `at`. */
export const sumAt = (spans: Spans | undefined, at: number): number => {
  spans?.add(at, 0, true);
  return spans?.sum ?? 0;
};
