import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { saysCrawler } from '../../objects/crawler.ts';
import { listsBefore } from '../../objects/lists-given.ts';
import { HOLD_MS, type ObjectTrails, type ObjectUse } from '../../objects/object-trails.ts';
import { fedObjects } from '../../objects/run-company.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import {
  judgeBurst,
  judgeScraping,
  SCRAPING_VERSION,
  type ScrapingVerdict,
  type ScrapingView,
} from './scraping.detector.ts';
import type { ScrapingSettings } from './scraping.settings.ts';

/** Fewer objects are not looked at. */
const FLOOR = 100;
const MANY = 400;
/** New objects in five to ten minutes of an address that is looked at for its pace. */
const DENSE = 40;
/** New objects in the last one to two hours. */
const MIN_PACE = 25;

export class ScrapingWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #suspects: BoundedMap<Suspect>;

  constructor(
    private readonly settings: Tuned<ScrapingSettings>,
    private readonly trails: ObjectTrails,
    maxCallers: number,
  ) {
    this.#suspects = new BoundedMap(Math.max(100, Math.floor(maxCallers / 8)));
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
    if (use === undefined || !use.isNew) return undefined;
    const { walk } = use;
    const s = this.settings.of(event);
    // a walk that is over stays in the window of a day
    const broad = walk.freshDay.sum >= Math.max(FLOOR, s.objects * 0.8) && walk.freshHour.sum >= MIN_PACE;
    const dense = caller.profile === undefined && walk.fresh.sum >= DENSE;
    if (!broad && !dense) return undefined;
    const suspect = this.#suspects.getOrMake(`${caller.key}|${event.pathTemplate}`, fresh, caller.lane);
    suspect.evidence.add(event, at);
    suspect.reads.add(at);
    if (caller.profile === undefined) noteShare(suspect, at, caller);
    if (at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const view = viewOf(use, suspect, at, caller, dense, s);
    const whole = broad ? judgeScraping(view, s) : undefined;
    // a walk from id to id was told as such: one walk is one alert, until it is a good part of the collection
    const inOrder = walk.ids.told && walk.ids.fresh >= walk.fresh.sum / 2;
    const verdict = whole ?? (dense && !inOrder ? judgeBurst(view, s) : undefined);
    if (!verdict) return undefined;
    suspect.reportedAt = at;
    walk.heldUntil = at + HOLD_MS;
    return finding(event, at, caller, use, view, verdict, suspect.evidence, whole === undefined);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const use = this.trails.peek(event);
    if (use === undefined || use.ref.hash === 0) return undefined;
    const { walk, trail } = use;
    const s = this.settings.of(event);
    const burst =
      caller.profile === undefined
        ? `, ${walk.fresh.sum} of them in the last 10 min (from ${Math.max(s.burstObjects, Math.ceil(s.overBurst * walk.stat.anonymous.mostBut(trail.hash)))} on it is told of who asks for nothing else)`
        : '';
    return `${walk.freshDay.sum} different new objects of this template in a day of ${walk.stat.known} known ones (${s.objects} are told; most before ${trail.mostDay})${burst}`;
  }
}

const viewOf = (
  use: ObjectUse,
  suspect: Suspect,
  at: number,
  caller: Caller,
  dense: boolean,
  s: ScrapingSettings,
): ScrapingView => {
  const { walk, trail } = use;
  const requests = requestsOf(at, caller);
  const objects = walk.freshDay.sum;
  const burstShare = walk.fresh.sum / requests;
  const lists = Math.max(listsBefore(trail, walk, at), fedObjects(trail, walk, walk.ids.length) / s.perList);
  const crawler = saysCrawler(caller.agent);
  const alone = dense && burstShare >= s.burstShare && walk.fresh.sum > lists * s.perList && !crawler;
  return {
    objects,
    requests: walk.requestsDay.sum,
    most: trail.mostDay,
    made: trail.made?.day(at) ?? 0,
    known: walk.stat.known,
    lists,
    authenticated: caller.profile !== undefined,
    crawler,
    knownForHours: (at - trail.firstAt) / HOUR_MS,
    trafficShare: Math.min(shareOf(suspect, at, caller), suspect.shares / Math.max(1, suspect.looks)),
    alike: objects >= MANY ? walk.stat.others('breadth', trail.hash, at) : 0,
    burst: walk.fresh.sum,
    mostBurst: trail.mostFresh,
    peersBurst: walk.stat.anonymous.mostBut(trail.hash),
    burstShare,
    others: walk.stat.callers.size - 1,
    alikeBurst: alone ? walk.stat.others('dense', trail.hash, at) : 0,
  };
};

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  { walk, trail }: ObjectUse,
  view: ScrapingView,
  verdict: ScrapingVerdict,
  evidence: Evidence,
  burst: boolean,
): Draft => {
  const { entity } = caller;
  const objects = burst ? view.burst : view.objects;
  const most = burst ? view.mostBurst : view.most;
  const share = Math.round(verdict.coverage * 100);
  return findingOf({
    event,
    entity,
    type: 'scraping',
    version: SCRAPING_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: Math.max(trail.firstAt, at - (burst ? 10 * MINUTE_MS : DAY_MS)),
    observed: { metric: 'different objects', value: objects, unit: burst ? 'in 10 min' : 'in 24 h' },
    expected: { low: 0, high: verdict.limit, mean: most, n: trail.filled, p: 1, warmUp: caller.warmUp },
    explanation: burst
      ? `${entity.name} read ${objects} different objects of ${walk.template} within 10 min and asked for nothing else, without a list that named them (${verdict.limit} are let pass: the most of any other caller was ${view.peersBurst}). This is how a collection is copied.`
      : `${entity.name} read ${objects} different objects of ${walk.template} within a day, ${share} % of all ${view.known} that were ever seen there, each about once (${verdict.limit} are let pass; the most before was ${most}). This is how a collection is copied.`,
    evidence,
    only: 'status IN (200, 206, 304, 404)',
  });
};

const requestsOf = (at: number, caller: Caller): number => {
  const head = bucketOf(at);
  return Math.max(1, caller.requests(head - 59, head));
};

/** New objects among all requests of the last ten minutes. */
const shareOf = (suspect: Suspect, at: number, caller: Caller): number => {
  const head = bucketOf(at);
  return suspect.reads.sum(head - 59, head) / requestsOf(at, caller);
};

/** The evening of an office may look like a crawler; its day does not. */
const noteShare = (suspect: Suspect, at: number, caller: Caller): void => {
  suspect.shares += shareOf(suspect, at, caller);
  suspect.looks++;
};

interface Suspect {
  readonly evidence: Evidence;
  /** New objects. */
  readonly reads: BucketCounts;
  /** Their share of all requests, summed up over so many looks. */
  shares: number;
  looks: number;
  reportedAt: number;
}

const fresh = (): Suspect => ({
  evidence: new Evidence(),
  reads: new BucketCounts(),
  shares: 0,
  looks: 0,
  reportedAt: Number.NEGATIVE_INFINITY,
});
