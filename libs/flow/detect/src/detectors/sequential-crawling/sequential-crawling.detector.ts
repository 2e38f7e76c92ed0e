import type { SequentialCrawlingSettings } from './sequential-crawling.settings.ts';

export const SEQUENTIAL_CRAWLING_VERSION = '2';

export interface CrawlView {
  /** Ids or pages in the run at hand, what stepped beside it, how long it takes; the caller's longest run before. */
  readonly length: number;
  readonly misses: number;
  readonly durationMs: number;
  readonly longest: number;
  /** Lists of these objects that it was given shortly before the run or during it. */
  readonly lists: number;
  /** Objects in five to ten minutes that it never asked for before, and those that were refused: what a list names is there. */
  readonly fresh: number;
  readonly refused: number;
  readonly authenticated: boolean;
  /** Its user agent says that it is a crawler. */
  readonly crawler: boolean;
  readonly knownForHours: number;
  /** Other callers that make such runs; callers of this template. */
  readonly alike: number;
  readonly callers: number;
  /** Kong knows no consumers here, and the caller reads what the pages list: a synchronisation with credentials of the upstream. */
  readonly synchronises: boolean;
}

export interface CrawlVerdict {
  readonly limit: number;
  readonly confidence: number;
}

export const judgeIds = (view: CrawlView, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  // people who read on from page to page take their time
  const brisk = view.length * 60_000 >= s.briskPace * view.durationMs;
  const floor = view.authenticated ? s.ids : brisk ? s.briskIds : s.anonymousIds;
  const listed = view.refused < s.unlistedRefused || view.refused < s.unlistedShare * view.fresh;
  if (listed && view.length <= view.lists * s.perList) return undefined;
  return judge(view, floor, s);
};

/** Whoever has credentials may turn pages: a synchronisation does, each time the same. Only the habit tells. */
export const judgePages = (view: CrawlView, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  if (view.synchronises) return undefined;
  if (view.authenticated) return view.knownForHours < s.habitHours ? undefined : judge(view, s.pages, s);
  return judge(view, view.callers >= 10 ? s.anonymousPages : s.lonelyPages, s);
};

const judge = (view: CrawlView, floor: number, s: SequentialCrawlingSettings): CrawlVerdict | undefined => {
  const limit = Math.max(floor * (view.crawler ? s.crawlerFactor : 1), s.overHabit * view.longest);
  if (view.length < limit || view.alike >= s.alike || view.misses > view.length / 2) return undefined;
  if (view.length * 600_000 < s.minPace * view.durationMs) return undefined;
  return { limit: Math.ceil(limit), confidence: Math.min(0.96, 0.85 + 0.04 * Math.log2(view.length / limit)) };
};
