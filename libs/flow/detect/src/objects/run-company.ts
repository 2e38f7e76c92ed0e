import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Trail } from './object-trails.ts';
import type { Walk } from './walk.ts';

/** A list of what is new since a mark, a time or a number: whoever follows it reads ids in their order all day long. */
const FEED =
  /(?:^|&)(?:[a-z_.[]*(?:after|since|cursor|marker|checkpoint)\]?|seq\w*|(?:updated|modified|changed|created)\w*|last[-_]?\w+)=/i;
/** A feed that came so shortly before a run named its first ids; ms. */
const NEAR_MS = 60_000;
/** Ids that one page of a feed is followed by at most. */
const FED_BY_ONE = 20;
/** Part of a run that was written to right after it was read: work, one piece after the other. */
const HANDLED = 0.5;

interface FeedTotals {
  readonly count: number;
  readonly objects: number;
}
const NO_FEEDS: FeedTotals = { count: 0, objects: 0 };

/** What a caller was fed by lists of what is new, as running totals. */
export class Feeds {
  count = 0;
  /** Objects that they can have named. */
  objects = 0;
  #latest = 0;
  #latestAt = Number.NEGATIVE_INFINITY;

  add(at: number, objects: number): void {
    this.count++;
    this.objects += objects;
    this.#latest = objects;
    this.#latestAt = at;
  }

  /** The totals as they were before the feed that came right before `at`. */
  before(at: number): FeedTotals {
    return at - this.#latestAt <= NEAR_MS
      ? { count: this.count - 1, objects: this.objects - this.#latest }
      : { count: this.count, objects: this.objects };
  }
}

/** What goes along with the run of ids at hand. */
export class RunCompany {
  #feeds = NO_FEEDS;
  /** Ids that were written to right after they were read. */
  handled = 0;

  begin(trail: Trail, at: number): void {
    this.handled = 0;
    this.#feeds = trail.feeds?.before(at) ?? NO_FEEDS;
  }

  /** The feeds that came before the run. */
  get feeds(): FeedTotals {
    return this.#feeds;
  }

  /** Most of it is worked on. Not of who is known for a day and never changed anything. */
  isWork(trail: Trail, length: number, isNew: boolean): boolean {
    return this.handled >= HANDLED * length && (isNew || trail.made?.isUsual === true);
  }
}

/** Objects that feeds can have named since the walk's run of so many ids began, where they came all along. */
export const fedObjects = (trail: Trail, { company }: Walk, length: number): number => {
  const { feeds } = trail;
  const before = company?.feeds ?? NO_FEEDS;
  return feeds === undefined || (feeds.count - before.count) * FED_BY_ONE < length ? 0 : feeds.objects - before.objects;
};

/** A run of the walk begins. */
export const beginRun = (trail: Trail, walk: Walk, at: number): void => {
  if (trail.feeds !== undefined || walk.company !== undefined) (walk.company ??= new RunCompany()).begin(trail, at);
};

export const noteFeed = (trail: Trail, { query }: Pick<ApiEvent, 'query'>, at: number, objects: number): void => {
  if (query !== '' && FEED.test(query)) (trail.feeds ??= new Feeds()).add(at, objects);
};

/** The caller wrote to the object that it read last. */
export const noteHandled = (trail: Trail, id: number): void => {
  const read: Walk | undefined = trail.read;
  if (read !== undefined && read.ids.at === id && read.ids.length > 0) (read.company ??= new RunCompany()).handled++;
};
