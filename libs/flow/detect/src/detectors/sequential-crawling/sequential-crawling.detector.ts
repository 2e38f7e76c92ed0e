import type { Severity } from '@outrider/domain/detection/alert';
import type { SequentialCrawlingSettings } from './sequential-crawling.settings.ts';

export const SEQUENTIAL_CRAWLING_VERSION = '5';

export interface CrawlView {
  /** Ids or pages in the run at hand, what stepped beside it, how long it takes; the caller's longest run before. */
  readonly length: number;
  /** Those of the run that were answered 401 and 403. */
  readonly denied: number;
  /** Ids of the run that it never asked for before; of pages all. */
  readonly unseen: number;
  readonly misses: number;
  readonly durationMs: number;
  readonly longest: number;
  /** Lists of these objects that it was given shortly before the run or during it. */
  readonly lists: number;
  /** The run began right after one: objects that were asked for of it; 0: it did not say; -1: it did not. */
  readonly nearList: number;
  /** Objects that lists of what is new can have named all along the run, of whatever collection. */
  readonly fed: number;
  /** Most of it was written to right after it was read. */
  readonly works: boolean;
  /** Objects in five to ten minutes that it never asked for before, and those that were refused: what a list names is there. */
  readonly fresh: number;
  readonly refused: number;
  readonly authenticated: boolean;
  /** Its user agent says that it is a crawler. */
  readonly crawler: boolean;
  /** Its user agent says that a person sits before it. */
  readonly browser: boolean;
  /** A browser or an app. */
  readonly screen: boolean;
  readonly knownForHours: number;
  /** Other callers that make such runs; callers of this template. */
  readonly alike: number;
  readonly callers: number;
  /** Pages in a row of any other caller. */
  readonly othersLongest: number;
  /** The caller reads what the pages list, and has credentials, or may have those of the upstream where Kong knows no consumers. */
  readonly synchronises: boolean;
}

/** Different ids of one region, in whatever order. */
export interface RegionView {
  readonly count: number;
  readonly asked: number;
  readonly refused: number;
  /** Part of the region that was asked for. */
  readonly density: number;
  readonly durationMs: number;
  /** Longest run, and most new objects in five to ten minutes, that the caller ever did before. */
  readonly longest: number;
  readonly mostFresh: number;
  readonly lists: number;
  readonly nearList: number;
  readonly fed: number;
  readonly works: boolean;
  readonly authenticated: boolean;
  readonly knownForHours: number;
  readonly crawler: boolean;
  /** It shows things to a person: a browser or an app. */
  readonly screen: boolean;
  readonly alike: number;
}

export interface CrawlVerdict {
  readonly limit: number;
  readonly confidence: number;
}

/** A regular job is told once at its first run: nobody can know, and a thief's walk looks like it. High is what breaks a habit. */
export const severityOf = (
  view: Pick<CrawlView, 'authenticated' | 'knownForHours' | 'unseen'>,
  limit: number,
  s: SequentialCrawlingSettings,
): Severity =>
  view.authenticated && view.knownForHours >= s.highHours && view.unseen >= 4 * limit ? 'high' : 'medium';

/** A few pages beyond a habit are worth a line only. */
export const pageSeverityOf = (view: CrawlView, s: SequentialCrawlingSettings): Severity =>
  view.authenticated && view.length < s.lonePages ? 'low' : 'medium';

export const judgeIds = (view: CrawlView, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  // people who read on from page to page take their time
  const brisk = view.length * 60_000 >= s.briskPace * view.durationMs;
  const leisurely = view.browser && view.length * 60_000 < s.leisurePace * view.durationMs && !isDenied(view, s);
  const floor = view.authenticated ? (leisurely ? s.leisureIds : s.ids) : brisk ? s.briskIds : s.anonymousIds;
  const listed = view.refused < s.unlistedRefused || view.refused < s.unlistedShare * view.fresh;
  const named = namedOf(view, s);
  // of what it had before nothing is copied
  if (view.unseen < floor || (listed && (view.works || view.unseen <= named))) return undefined;
  return judge(view, floor, s);
};

/** Ids that lists can have named. */
const namedOf = (view: Pick<CrawlView, 'lists' | 'nearList' | 'fed'>, s: SequentialCrawlingSettings): number =>
  Math.max(view.fed, view.lists * s.perList, view.nearList < 0 ? 0 : view.nearList || s.nearList);

/** Parallel connections leave no order, but a walk leaves no gaps and asks for nothing twice. */
export const judgeRegion = (view: RegionView, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  const settled = view.authenticated && view.knownForHours >= s.highHours && view.count >= 4 * view.mostFresh;
  const screenIds = settled && view.mostFresh > 0 ? s.denseHabitIds : s.denseScreenIds;
  const floor = (view.screen ? screenIds : s.denseIds) * (view.authenticated ? 1 : s.denseAnonymousFactor);
  const habit = s.overHabit * Math.max(view.longest, view.mostFresh);
  const limit = Math.max(floor * (view.crawler ? s.crawlerFactor : 1), habit);
  if (view.count < limit || view.alike >= s.alike) return undefined;
  if (view.density < s.denseShare || view.density > 1 || view.count < s.denseNewShare * view.asked) return undefined;
  if (view.count * 60_000 < s.densePace * view.durationMs) return undefined;
  const listed = view.refused < s.unlistedRefused || view.refused < s.unlistedShare * view.count;
  const named = namedOf(view, s);
  if (listed && (view.works || view.count <= named)) return undefined;
  return { limit: Math.ceil(limit), confidence: Math.min(0.96, 0.85 + 0.04 * Math.log2(view.count / limit)) };
};

/** Whoever has credentials may turn pages: a synchronisation does, each time the same. The habit tells, and what everybody else does. */
export const judgePages = (view: CrawlView, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  if (view.authenticated) {
    // who is new takes what there is: its first synchronisation; a feed that it follows ever since is one as well
    if (view.knownForHours - view.durationMs / 3_600_000 < s.habitHours) return undefined;
    const alone = !view.synchronises && view.callers > s.pagers && view.length >= s.overOthers * view.othersLongest;
    const deep =
      alone && view.knownForHours >= s.deepHours && view.longest > 1 && view.length >= s.overOwn * view.longest;
    // who goes through a whole collection each night copies nothing new by going through more of it when a week is read again
    const overHabit = view.longest >= s.pages ? s.overLongHabit : s.overHabit;
    return judge(view, deep ? s.deepPages : alone ? s.lonePages : s.pages, s, overHabit);
  }
  if (view.synchronises) return undefined;
  return judge(view, isBrisk(view, s) ? s.briskPages : view.callers >= 10 ? s.anonymousPages : s.lonelyPages, s);
};

/** A program that goes on where everybody else stopped long ago. */
const isBrisk = (view: CrawlView, s: SequentialCrawlingSettings): boolean =>
  !view.screen &&
  view.callers > s.briskPagers &&
  view.length >= 4 * view.othersLongest &&
  view.length * 60_000 >= s.briskPagePace * view.durationMs;

/** A walk that is denied on the way is one, however slow. */
const isDenied = (view: CrawlView, s: SequentialCrawlingSettings): boolean =>
  view.denied >= s.denied && view.denied >= s.deniedShare * view.length;

const judge = (
  view: CrawlView,
  floor: number,
  s: SequentialCrawlingSettings,
  overHabit = s.overHabit,
): CrawlVerdict | undefined => {
  const limit = Math.max(floor * (view.crawler ? s.crawlerFactor : 1), overHabit * view.longest);
  if (view.length < limit || view.alike >= s.alike || view.misses > view.length / 2) return undefined;
  if (!isDenied(view, s) && view.length * 600_000 < s.minPace * view.durationMs) return undefined;
  return { limit: Math.ceil(limit), confidence: Math.min(0.96, 0.85 + 0.04 * Math.log2(view.length / limit)) };
};
