import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { saysCrawler } from '../../objects/crawler.ts';
import { HOLD_MS, listsBefore, type ObjectTrails } from '../../objects/object-trails.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { judgeScraping, SCRAPING_VERSION, type ScrapingView } from './scraping.detector.ts';
import type { ScrapingSettings } from './scraping.settings.ts';

/** Fewer objects are not looked at. */
const FLOOR = 100;
const MANY = 400;
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

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const use = this.trails.of(event, at, caller);
    if (use === undefined || !use.isNew) return undefined;
    const { walk, trail } = use;
    const objects = walk.freshDay.sum;
    if (objects < FLOOR) return undefined;
    const s = this.settings.of(event);
    // a walk that is over stays in the window of a day
    if (objects < s.objects * 0.8 || walk.freshHour.sum < MIN_PACE) return undefined;
    const suspect = this.#suspects.getOrMake(`${caller.key}|${event.pathTemplate}`, fresh, caller.lane);
    suspect.evidence.add(event, at);
    suspect.reads.add(at);
    if (at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const head = bucketOf(at);
    const view: ScrapingView = {
      objects,
      requests: walk.requestsDay.sum,
      most: trail.mostDay,
      known: walk.stat.known,
      lists: listsBefore(trail, walk, at),
      authenticated: caller.profile !== undefined,
      crawler: saysCrawler(caller.agent),
      knownForHours: (at - trail.firstAt) / HOUR_MS,
      trafficShare: suspect.reads.sum(head - 59, head) / Math.max(1, caller.requests(head - 59, head)),
      alike: objects >= MANY ? walk.stat.others('breadth', trail.hash, at) : 0,
    };
    const verdict = judgeScraping(view, s);
    if (!verdict) return undefined;
    suspect.reportedAt = at;
    walk.heldUntil = at + HOLD_MS;
    const { entity } = caller;
    const share = Math.round(verdict.coverage * 100);
    return findingOf({
      event,
      entity,
      type: 'scraping',
      version: SCRAPING_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: Math.max(trail.firstAt, at - DAY_MS),
      observed: { metric: 'different objects', value: objects, unit: 'in 24 h' },
      expected: { low: 0, high: verdict.limit, mean: view.most, n: trail.filled, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} read ${objects} different objects of ${walk.template} within a day, ${share} % of all ${view.known} that were ever seen there, each about once (${verdict.limit} are let pass; the most before was ${view.most}). This is how a collection is copied.`,
      evidence: suspect.evidence,
      only: 'status IN (200, 206, 304, 404)',
    });
  }

  explain(event: ApiEvent): string | undefined {
    const use = this.trails.peek(event);
    if (use === undefined || use.ref.hash === 0) return undefined;
    const { walk, trail } = use;
    return `${walk.freshDay.sum} different new objects of this template in a day of ${walk.stat.known} known ones (${this.settings.of(event).objects} are told; most before ${trail.mostDay})`;
  }
}

interface Suspect {
  readonly evidence: Evidence;
  /** New objects. */
  readonly reads: BucketCounts;
  reportedAt: number;
}

const fresh = (): Suspect => ({
  evidence: new Evidence(),
  reads: new BucketCounts(),
  reportedAt: Number.NEGATIVE_INFINITY,
});
