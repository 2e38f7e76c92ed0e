import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { teaches, type TeachingTime } from '../../baseline/teaching-time.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { BucketCounts } from '../../windows/bucket-counts.ts';
import { bucketOf } from '../../windows/time.ts';
import { Crowd } from './crowd.ts';
import {
  DISTRIBUTED_FLOOD_VERSION,
  isRush,
  judgeFlood,
  type FloodCrowd,
  type FloodRates,
  type FloodVerdict,
} from './distributed-flood.detector.ts';
import type { DistributedFloodSettings } from './distributed-flood.settings.ts';
import { SeenAddresses } from './seen-addresses.ts';
import { UsualMinutes } from './usual-minutes.ts';

const MAX_SERVICES = 2_000;
/** Crowds are looked at for so many services at once. */
const MAX_RUSHES = 16;
const MINUTE_BUCKETS = 6;
/** A rush is over when the rate was ordinary for so long; one that lasts longer begins anew; ms. */
const OVER_AFTER_MS = 120_000;
/** A crowd that is not told yet is judged this often; ms. */
const JUDGE_EVERY_MS = 5_000;
const MAX_RUSH_MS = 1_800_000;
/** Everybody is new at first, and nothing is usual; ms. */
const FIRST_LOOK_MS = 300_000;

class Service {
  readonly counts = new BucketCounts();
  readonly usual = new UsualMinutes();
  crowd: Crowd | undefined;
  rates: FloodRates | undefined;
  rushUntil = Number.NEGATIVE_INFINITY;
  checkedBucket = 0;

  /** What people had said about it when it was begun. */
  constructor(readonly said: TeachingTime | undefined) {}
}

/** Counts anonymous requests by service; who makes them is looked at only while there is a rush. */
export class DistributedFloodWatcher implements Watcher {
  readonly #services = new BoundedMap<Service>(MAX_SERVICES);
  readonly #seen = new SeenAddresses();
  readonly #rushes = new Set<Service>();
  #firstAt = Number.POSITIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<DistributedFloodSettings>) {}

  get evicted(): number {
    return this.#services.evicted;
  }

  /** Services are everybody's. */
  forgetLanes(): void {}

  observe(event: ApiEvent, at: number, _caller: Caller): Draft | undefined {
    if (at < this.#firstAt) this.#firstAt = at;
    if (!isAnonymous(event)) return undefined;
    this.#seen.add(event.clientIp, at, event.pathTemplate);
    const service = this.#serviceOf(keyOf(event));
    service.usual.add(at, service.crowd === undefined && teaches(service.said, at));
    service.counts.add(at);
    for (const other of this.#rushes) if (other !== service) other.crowd?.elsewhere(event.clientIp);
    const bucket = bucketOf(at);
    if (service.crowd === undefined && bucket === service.checkedBucket) return undefined;
    return this.#rush(event, at, bucket, service);
  }

  /** What was usual before people said something else about it counts no more. */
  #serviceOf(key: string): Service {
    const said = this.deps.teaching.ofService(key);
    const known = this.#services.get(key);
    if (known !== undefined && known.said === said) return known;
    if (known !== undefined) this.#rushes.delete(known);
    const made = new Service(said);
    this.#services.set(key, made);
    return made;
  }

  /** Of a request without credentials: how many came with it. */
  explain(event: ApiEvent, at: number): string | undefined {
    const service = isAnonymous(event) ? this.#services.peek(keyOf(event)) : undefined;
    if (!service) return undefined;
    const s = this.deps.settings.of(event);
    const { crowd, usual } = service;
    const bucket = bucketOf(at);
    const last60s = service.counts.sum(bucket - MINUTE_BUCKETS, bucket);
    const came = `${last60s} requests without credentials came to ${nameOf(event)} in the last minute, where ${tenth(Math.max(usual.recent, usual.usual(at)))} are usual and ${usual.max} were the most`;
    if (!crowd)
      return `${came}; nobody looks at who makes them below ${s.floor60s} and ${s.overRecent} times the usual.`;
    const { drones, droneRequests, requests } = crowd.view(s).crowd;
    return `${came}; of ${crowd.addresses} addresses since the onset ${drones} are new, ask for one endpoint alone and made ${droneRequests} of ${requests} requests (${s.drones} of them with ${Math.round(s.minDroneShare * 100)} % are told).`;
  }

  #rush(event: ApiEvent, at: number, bucket: number, service: Service): Draft | undefined {
    const s = this.deps.settings.of(event);
    if (bucket !== service.checkedBucket) {
      service.checkedBucket = bucket;
      this.#check(at, bucket, service, s);
    }
    const { crowd, rates } = service;
    if (!crowd || !rates) return undefined;
    crowd.add(
      event.clientIp,
      endpointOf(event),
      this.#seen.isFresh(event.clientIp),
      this.#seen.isSingle(event.clientIp, event.pathTemplate),
      event.status === 401 || event.status === 403,
    );
    crowd.evidence.add(event, at);
    if (crowd.addresses < s.drones || at < crowd.reportedAt + REPORT_EVERY_MS || at < crowd.judgedAt + JUDGE_EVERY_MS)
      return undefined;
    crowd.judgedAt = at;
    const view = crowd.view(s);
    const verdict = judgeFlood(view.crowd, s);
    if (!verdict) return undefined;
    crowd.reportedAt = at;
    return finding(event, at, service, crowd, view, verdict, rates);
  }

  /** Every ten seconds: whether there is a rush, and still is. */
  #check(at: number, bucket: number, service: Service, s: DistributedFloodSettings): void {
    const last60s = service.counts.sum(bucket - MINUTE_BUCKETS, bucket);
    const { crowd } = service;
    if (crowd === undefined) {
      if (last60s < s.floor60s / 4 || at - this.#firstAt < FIRST_LOOK_MS) return;
      const { usual } = service;
      const rates = { last60s, recent: usual.recent, usual: usual.usual(at), max: usual.minutes > 180 ? usual.max : 0 };
      // Looked at from half of the limits on, so that the beginning of it is not missed.
      if (this.#rushes.size >= MAX_RUSHES || !isRush({ ...rates, last60s: last60s * 2 }, s)) return;
      service.crowd = new Crowd(at);
      service.rates = rates;
      service.rushUntil = at + OVER_AFTER_MS;
      this.#rushes.add(service);
      return;
    }
    const rates = { ...(service.rates ?? { recent: 0, usual: 0, max: 0 }), last60s };
    service.rates = rates;
    if (isRush({ ...rates, last60s: last60s * 2 }, s)) service.rushUntil = at + OVER_AFTER_MS;
    if (at <= service.rushUntil && at - crowd.since <= MAX_RUSH_MS) return;
    service.crowd = undefined;
    this.#rushes.delete(service);
  }
}

/** A credential that the upstream accepts makes a user of an address. */
const isAnonymous = (event: ApiEvent): boolean =>
  event.credentialId === '' && (event.credentialFingerprint === '' || event.status >= 400);
const nameOf = (event: ApiEvent): string => event.serviceName || event.serviceId;
const tenth = (n: number): number => Math.round(n * 10) / 10;
const keyOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}`;

const finding = (
  event: ApiEvent,
  at: number,
  service: Service,
  crowd: Crowd,
  view: { readonly crowd: FloodCrowd; readonly endpoint: string },
  verdict: FloodVerdict,
  rates: FloodRates,
): Draft => {
  const name = nameOf(event);
  const usual = tenth(Math.max(rates.recent, rates.usual));
  return findingOf({
    event,
    entity: { kind: 'service', id: event.serviceId, name },
    type: 'distributed-flood',
    version: DISTRIBUTED_FLOOD_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: crowd.since,
    observed: { metric: 'addresses that ask for one endpoint alone', value: verdict.drones, unit: 'since the onset' },
    expected: {
      low: 0,
      high: usual,
      mean: usual,
      n: service.usual.minutes,
      p: 1,
      warmUp: warmUpOf(service.usual.minutes),
    },
    explanation: `${verdict.drones} addresses that nobody had seen before ask ${name} for ${view.endpoint} and nothing else, several times each: ${Math.round(verdict.share * 100)} % of ${view.crowd.requests} requests without credentials in ${Math.max(1, Math.round((at - crowd.since) / 1000))} s. ${rates.last60s} came in the last minute, where ${usual} are usual. No single address stands out, so limits by address do not hold it: limit the route, or what these addresses have in common.`,
    evidence: crowd.evidence,
    only: "credential_id = ''",
  });
};

const warmUpOf = (minutes: number): 'learning' | 'provisional' | 'mature' =>
  minutes < 1440 ? 'learning' : minutes < 7 * 1440 ? 'provisional' : 'mature';
