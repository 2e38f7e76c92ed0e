import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { judgeBadSource, KNOWN_BAD_SOURCE_VERSION, type BadSourceVerdict } from './known-bad-source.detector.ts';
import type { KnownBadSourceSettings } from './known-bad-source.settings.ts';

class BadSource {
  since = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  sensitive = 0;
  others = 0;
  readonly evidence = new Evidence();
}

const TOR = /(?:^|[^a-z])tor(?:[^a-z]|$)/i;
const isTor = (event: ApiEvent): boolean => event.network === 'tor' || TOR.test(event.threat);

export class KnownBadSourceWatcher implements Watcher {
  readonly #sources: BoundedMap<BadSource>;

  constructor(private readonly deps: DetectorDeps<KnownBadSourceSettings>) {
    this.#sources = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#sources.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#sources.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.threat === '' && event.network !== 'tor') return undefined;
    const settings = this.deps.settings.of(event);
    if (isHabit(caller, at, settings)) return undefined;
    const source = this.#sources.getOrMake(caller.key, () => new BadSource(), caller.lane);
    if (at - source.since > HOUR_MS) {
      source.since = at;
      source.sensitive = 0;
      source.others = 0;
    }
    if (caller.traits.auth || caller.traits.admin) source.sensitive++;
    else source.others++;
    source.evidence.add(event, at);
    if (at < source.reportedAt + REPORT_EVERY_MS) return undefined;
    const verdict = judgeBadSource({ sensitive: source.sensitive, others: source.others, tor: isTor(event) }, settings);
    if (verdict === undefined) return undefined;
    source.reportedAt = at;
    return finding(event, at, caller, source, verdict);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    if (event.threat === '' && event.network !== 'tor') return undefined;
    const settings = this.deps.settings.of(event);
    if (isHabit(caller, at, settings)) return `${caller.entity.name} has long come from this known bad address.`;
    const source = this.#sources.peek(caller.key);
    return `${whence(event)}; ${source?.sensitive ?? 0} requests to log-ins and administration within an hour (limit ${settings.sensitiveRequests}), ${source?.others ?? 0} others (limit ${settings.otherRequests}).`;
  }
}

/** The consumer has come from the same place for days: known, and no news. */
const isHabit = (caller: Caller, at: number, settings: KnownBadSourceSettings): boolean => {
  const { profile } = caller;
  if (profile === undefined) return false;
  const since = profile.prefixes.firstAt(CallerProfile.term(caller.prefix));
  return since !== undefined && at - since >= settings.knownDays * DAY_MS;
};

const whence = (event: ApiEvent): string =>
  event.threat === '' ? `${event.clientIp} is an exit of Tor` : `${event.clientIp} is on the list ${event.threat}`;

const finding = (event: ApiEvent, at: number, caller: Caller, source: BadSource, verdict: BadSourceVerdict): Draft => {
  const asWhom = caller.profile === undefined ? 'without a credential' : `as ${caller.entity.name}`;
  const where = source.sensitive > 0 ? 'to log-ins or administration' : 'to ordinary endpoints';
  return findingOf({
    event,
    entity: caller.entity,
    type: 'known-bad-source',
    version: KNOWN_BAD_SOURCE_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at,
    from: Math.min(at, source.since),
    observed: { metric: 'requests from a known bad address', value: verdict.requests, unit: 'in 1 h' },
    expected: { low: 0, high: verdict.limit, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    explanation: `${whence(event)} and sent ${verdict.requests} requests ${where} ${asWhom} within an hour (from ${verdict.limit} on it is told). Whoever takes over accounts hides behind such addresses: block it, or look what it did.`,
    evidence: source.evidence,
    only: "(threat != '' OR network = 'tor')",
  });
};
