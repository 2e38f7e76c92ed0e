import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { ObjectTrails } from '../../objects/object-trails.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { MINUTE_MS } from '../../windows/time.ts';
import { SCRAPING_VERSION } from './scraping.detector.ts';
import type { ScrapingSettings } from './scraping.settings.ts';
import { SharedWalks, type SharedRun } from './shared-walk.ts';

const MAX_TEMPLATES = 2_000;
/** Steps of a walk go on within this at most; ms. */
const MAX_PAUSE_MS = 2 * MINUTE_MS;
/** Chance reads of the very next object that are let pass within a step: more, and everything looks like a walk. */
const CHANCE = 0.1;
/** Reads that the pace of a template is measured by. */
const PACE_READS = 64;

class Collection {
  readonly walks = new SharedWalks();
  evidence: Evidence | undefined;
  reportedAt = Number.NEGATIVE_INFINITY;
  readonly #times = new Float64Array(PACE_READS);
  #reads = 0;

  /** ms between two reads of the collection, by its last reads. */
  pace(at: number): number {
    const cell = this.#reads++ % PACE_READS;
    const first = this.#times[cell] ?? 0;
    this.#times[cell] = at;
    return this.#reads <= PACE_READS ? MAX_PAUSE_MS : Math.max(0, at - first) / PACE_READS;
  }
}

/**
 * Objects that are read one id after the other, each step from another address: a collection that is copied through proxies. Chance cannot
 * do it: the next id must come before anybody would have asked for it by chance, at the pace at which the collection is read.
 */
export class SharedWalkWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #collections = new BoundedMap<Collection>(MAX_TEMPLATES);

  constructor(
    private readonly settings: Tuned<ScrapingSettings>,
    private readonly trails: ObjectTrails,
  ) {}

  get evicted(): number {
    return this.#collections.evicted;
  }

  /** Collections are everybody's. */
  forgetLanes(): void {}

  forget({ places }: Forgotten): void {
    this.#collections.forgetKeys(places);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.credentialId !== '' || event.method !== 'GET') return undefined;
    const use = this.trails.of(event, at, caller);
    if (use === undefined || use.ref.value < 0 || use.ref.hash === 0) return undefined;
    const collection = this.#collections.getOrMake(
      `${event.tenant}|${event.serviceId}|${event.pathTemplate}`,
      () => new Collection(),
    );
    const pause = Math.min(MAX_PAUSE_MS, CHANCE * use.walk.stat.known * collection.pace(at));
    const run = collection.walks.step(use.ref.value, event.clientIp, at, pause);
    if (!run) return undefined;
    const s = this.settings.of(event);
    if (run.steps >= s.sharedSteps / 4) (collection.evidence ??= new Evidence()).add(event, at);
    if (run.steps < s.sharedSteps || run.addresses.size < s.sharedAddresses) return undefined;
    if (at < collection.reportedAt + REPORT_EVERY_MS) return undefined;
    collection.reportedAt = at;
    return finding(event, at, caller, run, collection.evidence);
  }
}

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  run: SharedRun,
  evidence: Evidence | undefined,
): Draft => {
  const id = endpointOf(event);
  const minutes = Math.max(1, Math.round((at - run.startedAt) / MINUTE_MS));
  const addresses = run.addresses.size >= 64 ? 'more than 60' : `${run.addresses.size}`;
  return findingOf({
    event,
    entity: { kind: 'endpoint', id, name: id },
    type: 'scraping',
    version: SCRAPING_VERSION,
    severity: 'medium',
    confidence: Math.min(0.92, 0.8 + 0.02 * Math.log2(run.steps)),
    at,
    from: run.startedAt,
    observed: { metric: 'objects in the order of their ids', value: run.steps, unit: `in ${minutes} min` },
    expected: { low: 0, high: 1, mean: 1, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${run.steps} objects of ${id} were read in the order of their ids within ${minutes} min, by ${addresses} addresses without credentials, in turn. Visitors do not take turns: the collection is copied through proxies.`,
    evidence,
  });
};
