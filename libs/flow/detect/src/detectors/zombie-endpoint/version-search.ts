import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { KnownSet } from '../../duplicates/known-set.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { ZOMBIE_ENDPOINT_VERSION } from './zombie-endpoint.detector.ts';
import type { ZombieEndpointSettings } from './zombie-endpoint.settings.ts';

const MAX_KNOWN = 50_000;
const MAX_SEARCHERS = 5_000;
const MAX_TRIED = 64;

/** `/api`, `v1`, `/orders/{id}`; the last part must be there. */
const VERSIONED =
  /^(.{0,120}?)\/(v\d{1,3}(?:\.\d{1,2})?|beta|alpha|old|legacy|internal|private|dev|test|testing|staging|stage|uat|canary|deprecated|backup|next|preview)(\/.{1,200})$/i;

interface Searcher {
  /** Prefix and resource of what was not there, since when. */
  readonly tried: Map<string, string>;
  readonly evidence: Evidence;
  since: number;
  reportedAt: number;
}

/**
 * Known resources asked for under several prefixes that are not there: `/v1/orders`, `/v0/orders`, `/internal/orders` where `/v2/orders` is.
 * An old client asks under one.
 */
export class VersionSearch {
  /** Resources below a prefix that answered, by hash of tenant, what is before it, and resource. */
  readonly #known = new KnownSet(MAX_KNOWN);
  readonly #searchers = new BoundedMap<Searcher>(MAX_SEARCHERS);

  get evicted(): number {
    return this.#searchers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#searchers.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#searchers.forgetKeys(callers);
  }

  /** An endpoint that answers for the first time. */
  meet(event: ApiEvent): void {
    const match = VERSIONED.exec(event.pathTemplate);
    if (match !== null) this.#known.add(keyOf(event, match[1], match[3]));
  }

  /** A path that is not there. */
  missed(event: ApiEvent, at: number, caller: Caller, s: ZombieEndpointSettings): Draft | undefined {
    const match = VERSIONED.exec(event.pathTemplate);
    if (match === null || !this.#known.has(keyOf(event, match[1], match[3]))) return undefined;
    const searcher = this.#searchers.getOrMake(caller.key, () => fresh(at), caller.lane);
    if (at - searcher.since > HOUR_MS) {
      searcher.since = at;
      searcher.tried.clear();
    }
    const prefix = `${match[1] ?? ''}/${match[2] ?? ''}`;
    if (searcher.tried.size < MAX_TRIED) searcher.tried.set(`${prefix} ${match[3] ?? ''}`, prefix);
    searcher.evidence.add(event, at);
    const prefixes = new Set(searcher.tried.values());
    if (prefixes.size < s.searchedPrefixes || searcher.tried.size < s.searchedPaths) return undefined;
    if (at < searcher.reportedAt + REPORT_EVERY_MS) return undefined;
    searcher.reportedAt = at;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'zombie-endpoint',
      version: ZOMBIE_ENDPOINT_VERSION,
      severity: 'medium',
      confidence: 0.8,
      at,
      from: searcher.since,
      observed: {
        metric: 'known resources under versions that are not there',
        value: searcher.tried.size,
        unit: 'in 1 h',
      },
      expected: { low: 0, high: s.searchedPaths, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} asked for ${searcher.tried.size} resources of this API under ${prefixes.size} versions or stages that are not there (${[...prefixes].slice(0, 5).join(', ')}) within an hour (from ${s.searchedPaths} under ${s.searchedPrefixes} on it is told). An old client asks under one; this is how versions are looked for that were left running.`,
      evidence: searcher.evidence,
      only: 'status IN (403, 404, 410)',
    });
  }
}

const keyOf = (event: ApiEvent, before = '', resource = ''): string => `${event.tenant}|${before}|${resource}`;

const fresh = (at: number): Searcher => ({ tried: new Map(), evidence: new Evidence(), since: at, reportedAt: Number.NEGATIVE_INFINITY }); // prettier-ignore
