import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { Evidence } from '../../windows/evidence.ts';
import { bucketOf, MINUTE_MS } from '../../windows/time.ts';
import { REQUEST_SPIKE_VERSION } from './request-spike.detector.ts';
import type { RequestSpikeSettings } from './request-spike.settings.ts';

const MAX_CALLERS = 20_000;
const MINUTE_BUCKETS = 6;
/** A client that gave up sooner never waited for its answer; ms. */
const HASTE_MS = 1000;
/** Told again when it is so many times what was told: a client that runs into its limit every day is told once. */
const LOUDER = 3;
/** Times the limit from which it is high. */
const HIGH = 10;

type Kind = 'limited' | 'abandoned';

class Refusals {
  readonly counts = { limited: new BucketCounts(), abandoned: new BucketCounts() };
  readonly evidence = new Evidence();
  told = 0;
  toldAt = Number.NEGATIVE_INFINITY;
}

/**
 * Floods that need no history: the gateway itself says too many requests (429) to a good part of what a caller sends in a minute, or a caller gives up
 * on nearly everything within a second (499). False positives: a client that retries without a pause.
 */
export class RefusedFlood {
  readonly #callers = new BoundedMap<Refusals>(MAX_CALLERS);

  constructor(private readonly deps: Pick<DetectorDeps<RequestSpikeSettings>, 'settings'>) {}

  get evicted(): number {
    return this.#callers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const kind = kindOf(event);
    if (kind === undefined) return undefined;
    const refusals = this.#callers.getOrMake(caller.key, () => new Refusals(), caller.lane);
    const counts = refusals.counts[kind];
    counts.add(at);
    refusals.evidence.add(event, at);
    const head = bucketOf(at);
    const from = head - MINUTE_BUCKETS + 1;
    const refused = counts.sum(from, head);
    const { refusedFloor60s, refusedShare, abandonedFloor60s, abandonedShare } = this.deps.settings.of(event);
    const [floor, share] = kind === 'limited' ? [refusedFloor60s, refusedShare] : [abandonedFloor60s, abandonedShare];
    if (refused < floor) return undefined;
    const grewHigh = refused >= HIGH * floor && refusals.told < HIGH * floor;
    if (!grewHigh && at < refusals.toldAt + REPORT_EVERY_MS) return undefined;
    const requests = Math.max(refused, caller.requests(from, head));
    const goesOn = at < refusals.toldAt + 2 * MINUTE_MS;
    if (refused < share * requests || (!goesOn && refused < LOUDER * refusals.told)) return undefined;
    refusals.told = Math.max(refusals.told, refused);
    refusals.toldAt = at;
    return floodFinding(event, at, caller, { kind, refused, requests, floor, evidence: refusals.evidence });
  }
}

const kindOf = ({ status, latencyTotalMs }: ApiEvent): Kind | undefined => {
  if (status === 429) return 'limited';
  return status === 499 && latencyTotalMs >= 0 && latencyTotalMs < HASTE_MS ? 'abandoned' : undefined;
};

interface Flood {
  readonly kind: Kind;
  readonly refused: number;
  readonly requests: number;
  readonly floor: number;
  readonly evidence: Evidence;
}

const floodFinding = (event: ApiEvent, at: number, { entity, warmUp }: Caller, flood: Flood): Draft => {
  const { kind, refused, requests, floor, evidence } = flood;
  const high = refused >= HIGH * floor;
  return findingOf({
    event,
    entity,
    type: 'request-spike',
    version: REQUEST_SPIKE_VERSION,
    severity: high ? 'high' : 'medium',
    confidence: high ? 0.85 : 0.75,
    at,
    from: at - MINUTE_MS,
    observed: { metric: kind === 'limited' ? 'answers 429' : 'requests given up', value: refused, unit: 'in 1 min' },
    expected: { low: 0, high: floor - 1, mean: 0, n: requests, p: 1, warmUp },
    explanation:
      kind === 'limited'
        ? `${refused} of ${requests} requests of ${entity.name} within a minute were answered 429: it goes on far beyond its rate limit, and does not slow down. The limit holds; ask its owner, or block it.`
        : `${entity.name} gave up ${refused} of ${requests} requests within a minute, each in less than a second: it sends without waiting for answers, which costs the upstream its work and the client nothing.`,
    evidence,
  });
};
