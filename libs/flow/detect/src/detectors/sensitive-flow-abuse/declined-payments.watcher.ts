import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { HourlyCounts } from './hourly-counts.ts';
import { SENSITIVE_FLOW_ABUSE_VERSION } from './sensitive-flow-abuse.detector.ts';
import type { SensitiveFlowAbuseSettings } from './sensitive-flow-abuse.settings.ts';
import type { SensitiveFlows } from './sensitive-flow.ts';

const MAX_ENDPOINTS = 1_000;
const DECLINED = 402;
/** Times the busiest hour: fewer attempts than that are the usual ones, declined by a bank that is away; people try it two or three times. */
const ATTEMPTS = 2;
const ATTEMPTS_OF_ALL = 3;
/** Its busiest hour is one of several. */
const COMPARED_MS = 4 * HOUR_MS;

class Payments {
  readonly all = new HourlyCounts();
  readonly declined = new HourlyCounts();
  evidence: Evidence | undefined;
  reportedAt = Number.NEGATIVE_INFINITY;
}

/**
 * Payments that are declined (402), by address and for the endpoint as a whole: stolen cards are tried until one works. A bank that is away
 * declines too, but makes no more attempts than usual. Consumers are left out: a merchant's second run over unpaid bills looks the same.
 */
export class DeclinedPaymentsWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  readonly #addresses: BoundedMap<Payments>;
  readonly #endpoints = new BoundedMap<Payments>(MAX_ENDPOINTS);

  constructor(
    private readonly settings: Tuned<SensitiveFlowAbuseSettings>,
    private readonly flows: SensitiveFlows,
    maxCallers: number,
  ) {
    this.#addresses = new BoundedMap(Math.max(100, Math.floor(maxCallers / 8)));
  }

  get evicted(): number {
    return this.#addresses.evicted + this.#endpoints.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#addresses.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.method === 'GET' || event.method === 'HEAD' || event.credentialId !== '') return undefined;
    if (event.status >= 400 && event.status !== DECLINED) return undefined;
    if (!caller.traits.billing && this.flows.of(event.pathTemplate) !== 'purchase') return undefined;
    const endpoint = this.#endpoints.getOrMake(endpointKey(event), () => new Payments());
    const address = this.#addresses.getOrMake(addressKey(event, caller), () => new Payments(), caller.lane);
    const id = endpointOf(event);
    const byAll = this.#paid(event, at, caller, endpoint, { kind: 'endpoint', id, name: id });
    return this.#paid(event, at, caller, address, caller.entity) ?? byAll;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    if (event.status !== DECLINED || event.credentialId !== '') return undefined;
    const known = this.#addresses.peek(addressKey(event, caller));
    const s = this.settings.of(event);
    return (
      known &&
      `${known.declined.lastQuarter} declined payments of this address in a quarter of an hour (${s.declined} in an hour are told)`
    );
  }

  #paid(event: ApiEvent, at: number, caller: Caller, payments: Payments, entity: Entity): Draft | undefined {
    const attempts = payments.all.add(at);
    if (event.status !== DECLINED) return undefined;
    const hour = payments.declined.add(at);
    (payments.evidence ??= new Evidence()).add(event, at);
    const s = this.settings.of(event);
    const isKnown = at - payments.all.firstAt >= s.minKnownHours * HOUR_MS;
    const floor = entity.kind !== 'endpoint' ? s.declined : isKnown ? s.declinedByAll : s.unknownSurge;
    const limit = Math.max(floor, s.overOwn * payments.declined.past);
    const retried = entity.kind === 'endpoint' ? ATTEMPTS_OF_ALL : ATTEMPTS;
    const isCompared = isKnown || at - payments.all.firstAt >= COMPARED_MS;
    if (hour < limit || (isCompared && attempts < retried * payments.all.past)) return undefined;
    return this.#judge(event, at, caller, payments, entity, hour, limit);
  }

  #judge(
    event: ApiEvent,
    at: number,
    caller: Caller,
    payments: Payments,
    entity: Entity,
    hour: number,
    limit: number,
  ): Draft | undefined {
    const { declined, all, evidence } = payments;
    if (at < payments.reportedAt + REPORT_EVERY_MS) return undefined;
    // Cards that were tried stay in the hour.
    if (declined.lastQuarter < hour / 4) return undefined;
    if (declined.lastQuarter < this.settings.of(event).declinedShare * all.lastQuarter) return undefined;
    payments.reportedAt = at;
    const { past } = declined;
    declined.forgetPresent();
    all.forgetPresent();
    return findingOf({
      event,
      entity,
      type: 'sensitive-flow-abuse',
      version: SENSITIVE_FLOW_ABUSE_VERSION,
      severity: hour >= 5 * limit ? 'high' : 'medium',
      confidence: Math.min(0.92, 0.8 + 0.05 * Math.log2(hour / limit)),
      at,
      from: Math.max(all.firstAt, at - HOUR_MS),
      observed: { metric: 'declined payments', value: hour, unit: 'in 1 h' },
      expected: { low: 0, high: Math.ceil(limit), mean: past, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${hour} payments ${entity.kind === 'endpoint' ? `at ${entity.name}` : `of ${entity.name} at ${endpointOf(event)}`} were declined (402) within an hour, ${declined.lastQuarter} of the last ${all.lastQuarter} (fewer than ${Math.ceil(limit)} are let pass; at most ${past} before). This is how stolen cards are tried: stop payments from there, and ask the payment provider which cards they were.`,
      evidence,
      only: 'status = 402',
    });
  }
}

const endpointKey = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.pathTemplate}`;
const addressKey = (event: ApiEvent, caller: Caller): string =>
  `${caller.key}|${event.serviceId}|${event.pathTemplate}`;
