import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import type { Patch } from '../../objects/area.ts';
import { saysCrawler } from '../../objects/crawler.ts';
import { detailsBelow, listsSince } from '../../objects/lists-given.ts';
import { HOLD_MS, type ObjectTrails, type ObjectUse } from '../../objects/object-trails.ts';
import { fedObjects } from '../../objects/run-company.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeIds, judgePages, judgeRegion, pageSeverityOf, severityOf, SEQUENTIAL_CRAWLING_VERSION, type CrawlVerdict, type CrawlView, type RegionView } from './sequential-crawling.detector.ts'; // prettier-ignore
import type { SequentialCrawlingSettings } from './sequential-crawling.settings.ts';

/** Shorter runs are not looked at. */
const FLOOR = 15;
/** So many ids of one region, of which more than this part is asked for, are a manner of use. */
const MANY = 40;
const HALF = 0.5;
/** Lists that named the ids came at most so long before the first of them, and the last of the lists; ms. */
const LISTED_MS = 15 * MINUTE_MS;
const LATEST_LIST_MS = 3 * MINUTE_MS;

export class SequentialCrawlingWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #suspects: BoundedMap<{ evidence: Evidence; reportedAt: number }>;

  constructor(
    private readonly settings: Tuned<SequentialCrawlingSettings>,
    private readonly trails: ObjectTrails,
    private readonly knowledge: Pick<Knowledge, 'profiles'>,
    maxCallers: number,
  ) {
    this.#suspects = new BoundedMap(Math.max(100, Math.floor(maxCallers / 4)));
  }

  get evicted(): number {
    return this.#suspects.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#suspects.forgetLanes(lanes);
    this.trails.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#suspects.forgetKeys(gone.callers);
    this.trails.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const use = this.trails.of(event, at, caller);
    if (use === undefined) return undefined;
    return this.#run(event, at, caller, use) ?? this.#region(event, at, caller, use);
  }

  #run(event: ApiEvent, at: number, caller: Caller, use: ObjectUse): Draft | undefined {
    if (!use.stepped && !use.paged) return undefined;
    const { walk } = use;
    const byPage = use.paged && walk.pages.length >= FLOOR;
    if (!byPage && !(use.stepped && walk.ids.length >= FLOOR)) return undefined;
    const suspect = this.#suspects.getOrMake(caller.key, fresh, caller.lane);
    suspect.evidence.add(event, at);
    if (at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const s = this.settings.of(event);
    const view = viewOf(use, byPage, at, caller, this.knowledge.profiles === 0);
    const verdict = byPage ? judgePages(view, s) : judgeIds(view, s);
    if (!verdict) return undefined;
    suspect.reportedAt = at;
    walk.heldUntil = at + HOLD_MS;
    (byPage ? walk.pages : walk.ids).told = true;
    return this.#finding(event, at, caller, use, byPage, view, verdict, suspect.evidence);
  }

  /** Ids that parallel connections bring out of order. */
  #region(event: ApiEvent, at: number, caller: Caller, use: ObjectUse): Draft | undefined {
    const { walk, patch } = use;
    if (patch === undefined || !use.isNew || patch.count < FLOOR) return undefined;
    const suspect = this.#suspects.getOrMake(caller.key, fresh, caller.lane);
    // what made a longer run is there already
    if (!use.stepped || walk.ids.length < FLOOR) suspect.evidence.add(event, at);
    if (patch.count < MANY || at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const s = this.settings.of(event);
    const view = regionOf(use, patch, at, caller);
    const verdict = judgeRegion(view, s);
    if (!verdict) return undefined;
    suspect.reportedAt = at;
    walk.heldUntil = at + HOLD_MS;
    patch.told = true;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'sequential-crawling',
      version: SEQUENTIAL_CRAWLING_VERSION,
      severity: severityOf({ ...view, unseen: patch.count }, verdict.limit, s),
      confidence: verdict.confidence,
      at,
      from: patch.startedAt,
      observed: { metric: 'ids of one region', value: patch.count, unit: `of ${patch.high - patch.low + 1}` },
      expected: { low: 0, high: verdict.limit, mean: view.mostFresh, n: use.trail.filled, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} asked for ${patch.count} of the ${patch.high - patch.low + 1} ids of ${event.method} ${walk.template} from ${patch.low} to ${patch.high}, not in their order and hardly any twice, within ${Math.max(1, Math.round(view.durationMs / 60_000))} min (fewer than ${verdict.limit} are let pass; it asked for at most ${view.mostFresh} new ones in such a time before). This is how a collection is copied over several connections: ${advice(view)}`,
      evidence: suspect.evidence,
      only: 'status IN (200, 206, 304, 401, 403, 404)',
    });
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const use = this.trails.peek(event);
    if (use === undefined || (!use.stepped && !use.paged)) return undefined;
    const s = this.settings.of(event);
    const run = use.paged ? use.walk.pages : use.walk.ids;
    const floor = use.paged
      ? caller.profile === undefined
        ? s.anonymousPages
        : s.pages
      : caller.profile === undefined
        ? s.briskIds
        : s.ids;
    const unseen = use.paged ? '' : `, ${run.fresh} of them new to the caller`;
    return `${run.length} ${use.paged ? 'pages' : 'ids'} in a row so far${unseen}, step ${run.step} (${floor} and more are told; its longest run before was ${use.paged ? use.trail.longestPages : use.trail.longestIds})`;
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    use: ObjectUse,
    byPage: boolean,
    view: CrawlView,
    verdict: CrawlVerdict,
    evidence: Evidence,
  ): Draft {
    // prettier-ignore
    const run = byPage ? use.walk.pages : use.walk.ids;
    const { entity } = caller;
    const things = byPage ? 'pages' : 'ids';
    return findingOf({
      event,
      entity,
      type: 'sequential-crawling',
      version: SEQUENTIAL_CRAWLING_VERSION,
      severity: byPage
        ? pageSeverityOf(view, this.settings.of(event))
        : severityOf(view, verdict.limit, this.settings.of(event)),
      confidence: verdict.confidence,
      at,
      from: run.startedAt,
      observed: { metric: `${things} in a row`, value: run.length, unit: `step ${run.step}` },
      expected: { low: 0, high: verdict.limit, mean: view.longest, n: use.trail.filled, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} went through ${run.length} ${things} of ${event.method} ${use.walk.template} one after the other, from ${run.first} to ${run.at} in steps of ${run.step}, within ${Math.max(1, Math.round(view.durationMs / 60_000))} min (fewer than ${verdict.limit} are let pass; ${before(view)}). This is how a collection is copied: ${advice(view)}`,
      evidence,
      only: 'status IN (200, 206, 304, 401, 403, 404)',
    });
  }
}

const before = ({ longest, knownForHours }: CrawlView): string =>
  knownForHours < 24 && longest < 2
    ? `nothing like it was seen in the ${knownForHours < 1 ? 'first hour' : `${Math.round(knownForHours)} h`} that it is known`
    : `its longest run before was ${longest}`;

const advice = ({
  authenticated,
  knownForHours,
}: {
  readonly authenticated: boolean;
  readonly knownForHours: number;
}): string =>
  !authenticated
    ? 'limit the address, or ask for credentials there.'
    : knownForHours < 24
      ? 'ask its owner whether this is a job of theirs; if not, withdraw the key.'
      : 'ask its owner; if they know of no export, withdraw the key and see whose objects these are.';

const viewOf = (use: ObjectUse, byPage: boolean, at: number, caller: Caller, keyless: boolean): CrawlView => {
  const { walk, trail } = use;
  const run = byPage ? walk.pages : walk.ids;
  return {
    length: run.length,
    denied: run.denied,
    unseen: byPage ? run.length : run.fresh,
    misses: run.misses,
    durationMs: at - run.startedAt,
    longest: byPage ? trail.longestPages : trail.longestIds,
    lists: byPage ? 0 : listsSince(trail, walk, at, run.startedAt - LISTED_MS, run.startedAt - LATEST_LIST_MS),
    nearList: byPage ? -1 : walk.nearList,
    fed: byPage ? 0 : fedObjects(trail, walk, run.length),
    works: !byPage && isWork(use, at, run.length),
    fresh: walk.fresh.sum,
    refused: walk.refused.sum,
    authenticated: caller.profile !== undefined,
    crawler: saysCrawler(caller.agent),
    browser: caller.agent.kind === 'browser',
    screen: isScreen(caller),
    knownForHours: (at - trail.firstAt) / HOUR_MS,
    alike: walk.stat.others(byPage ? 'pages' : 'run', trail.hash, at),
    callers: walk.stat.callers.size,
    othersLongest: walk.stat.pages.mostBut(trail.hash),
    synchronises: byPage && (keyless || caller.profile !== undefined) && detailsBelow(trail, walk) >= run.length,
  };
};

/** The caller is new for a day. */
const isWork = ({ walk, trail }: ObjectUse, at: number, length: number): boolean =>
  walk.company?.isWork(trail, length, at - trail.firstAt < DAY_MS) ?? false;

const isScreen = ({ agent }: Caller): boolean => agent.kind === 'browser' || agent.kind === 'mobile-app';

const regionOf = (use: ObjectUse, patch: Patch, at: number, caller: Caller): RegionView => {
  const { walk, trail } = use;
  return {
    count: patch.count,
    asked: patch.asked,
    refused: patch.refused,
    density: patch.density,
    durationMs: at - patch.startedAt,
    longest: trail.longestIds,
    mostFresh: trail.mostFresh,
    lists: listsSince(trail, walk, at, patch.startedAt - LISTED_MS, patch.startedAt - LATEST_LIST_MS),
    nearList: patch.nearList,
    fed: fedObjects(trail, walk, patch.count),
    works: isWork(use, at, walk.ids.length),
    authenticated: caller.profile !== undefined,
    crawler: saysCrawler(caller.agent),
    knownForHours: (at - trail.firstAt) / HOUR_MS,
    screen: isScreen(caller),
    alike: patch.density >= HALF ? walk.stat.others('region', trail.hash, at) : 0,
  };
};

const fresh = (): { evidence: Evidence; reportedAt: number } => ({ evidence: new Evidence(), reportedAt: Number.NEGATIVE_INFINITY }); // prettier-ignore
