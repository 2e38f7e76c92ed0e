import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { isHabit, isSensitive } from '../leaked-credential/stranger.watcher.ts';
import { credentialOf } from '../leaked-credential/stranger-words.ts';
import { IMPOSSIBLE_TRAVEL_VERSION, judgeTravel, mayBeVpn, type Journey } from './impossible-travel.detector.ts';
import type { ImpossibleTravelSettings } from './impossible-travel.settings.ts';
import { stayOf, Traveller, type Suspicion } from './traveller.ts';

/** Addresses of which it is known who comes from there, and callers of one. */
const MAX_GATEWAYS = 50_000;
const MAX_GUESTS = 16;
/** What the second place did longer ago is told already. */
const TOLD_WITHIN_MS = 40 * MINUTE_MS;

export class ImpossibleTravelWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #travellers: BoundedMap<Traveller>;
  /** Those whose journeys are held back; forgotten with the travellers. */
  readonly #suspects = new Set<Traveller>();
  readonly #settings: Tuned<ImpossibleTravelSettings>;
  /** `tenant|address` → callers that came from there. */
  readonly #gateways = new BoundedMap<Set<string>>(MAX_GATEWAYS);

  constructor({ settings, maxCallers }: DetectorDeps<ImpossibleTravelSettings>) {
    this.#settings = settings;
    this.#travellers = new BoundedMap(maxCallers, (gone) => void this.#suspects.delete(gone));
  }

  get evicted(): number {
    return this.#travellers.evicted + this.#gateways.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#travellers.forgetLanes(lanes);
    for (const known of this.#suspects)
      if (this.#travellers.peek(known.suspicion?.key ?? '') !== known) this.#suspects.delete(known);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile } = caller;
    if (event.location === '' || profile === undefined) return undefined;
    if (profile.prefixes.size > this.#settings.base.maxPrefixes) return undefined;
    let known = this.#travellers.get(caller.key);
    // a consumer with several credentials may be several people
    if (known === undefined || known.credential !== event.credentialId) {
      if (known !== undefined && profile.credentials.size > 2) return undefined;
      const first = stayOf(event, at);
      if (first === undefined) return undefined;
      if (known !== undefined) this.#suspects.delete(known);
      known = new Traveller(event.credentialId, at, event.location, first);
      this.#travellers.set(caller.key, known, caller.lane);
    }
    if (known.ip !== event.clientIp) this.#cameBy(event, known, caller.key);
    if (known.before === undefined && known.isAt(event)) {
      known.stayed(at);
      return undefined;
    }
    const s = this.#settings.of(event);
    const waitMs = s.vpnMinutes * MINUTE_MS;
    // the time may have jumped
    const overdue = this.#decide(known, at, s);
    const kind = caller.agent.kind;
    const isUnusual = isSensitive(caller) && !isHabit(profile, known.there.firstAt, caller);
    known.came(event, at, profile, kind === 'browser' || kind === 'mobile-app', waitMs);
    if (known.before === undefined) return undefined;
    known.here.isUnusual ||= isUnusual;
    known.evidence.add(event, at);
    if (overdue !== undefined || at < known.reportedAt + REPORT_EVERY_MS) return overdue;
    return this.#judged(known, event, at, caller, s);
  }

  tick(now: number): readonly Draft[] {
    const drafts: Draft[] = [];
    for (const known of this.#suspects) {
      const s = known.suspicion ? this.#settings.of(known.suspicion.event) : this.#settings.base;
      const draft = this.#decide(known, now, s);
      if (draft) drafts.push(draft);
    }
    return drafts;
  }

  finish(): readonly Draft[] {
    return [...this.#suspects].flatMap((known) =>
      known.suspicion ? [this.#told(known, known.suspicion, known.suspicion.at)] : [],
    );
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const known = this.#travellers.peek(caller.key);
    const { journey } = known ?? {};
    return known && journey && at - known.reportedAt < DAY_MS ? saysOf(credentialOf(caller.entity), known, journey) : undefined; // prettier-ignore
  }

  #judged(
    known: Traveller,
    event: ApiEvent,
    at: number,
    caller: Caller,
    s: ImpossibleTravelSettings,
  ): Draft | undefined {
    const { from, there } = known;
    if (from === undefined) return undefined;
    const settled = there.firstAt - known.since >= s.settledDays * DAY_MS && known.requests >= s.settledRequests;
    if (!settled || known.isHome(there, at) || known.homesBefore(there.firstAt) > s.maxHomes) return undefined;
    if (at - there.lastAt > TOLD_WITHIN_MS) return undefined;
    if ((this.#gateways.peek(`${event.tenant}|${there.ip}`)?.size ?? 0) >= s.gatewayCallers) return undefined;
    const journey = judgeTravel(from, there, known.gapMs, s);
    if (!journey) return undefined;
    const suspicion = { journey, key: caller.key, event, at, entity: caller.entity, warmUp: caller.warmUp };
    const is = known.is(at, s.vpnMinutes * MINUTE_MS, s.minRequests);
    if (is === 'two') return this.#told(known, suspicion, at);
    known.suspicion = suspicion;
    this.#suspects.add(known);
    return undefined;
  }

  #cameBy({ tenant, clientIp }: ApiEvent, known: Traveller, key: string): void {
    known.ip = clientIp;
    const guests = this.#gateways.getOrMake(`${tenant}|${clientIp}`, () => new Set());
    if (guests.size < MAX_GUESTS) guests.add(key);
  }

  /** Who was held back, or may be soon: cleared, told, or still unclear. */
  #decide(known: Traveller, now: number, s: ImpossibleTravelSettings): Draft | undefined {
    if (known.before === undefined) return undefined;
    const { suspicion } = known;
    const is = known.is(now, s.vpnMinutes * MINUTE_MS, s.minRequests);
    if (is === 'two') return suspicion && this.#told(known, suspicion, now);
    if (is === 'unclear' || known.isTold) return undefined;
    known.own(known.there);
    known.suspicion = undefined;
    this.#suspects.delete(known);
    return undefined;
  }

  #told(known: Traveller, { journey, event, entity, warmUp }: Suspicion, at: number): Draft {
    const { from, there } = known;
    known.suspicion = undefined;
    this.#suspects.delete(known);
    known.journey = journey;
    known.reportedAt = at;
    return findingOf({
      event,
      entity,
      type: 'impossible-travel',
      version: IMPOSSIBLE_TRAVEL_VERSION,
      severity: 'medium',
      confidence: mayBeVpn(there) ? 0.7 : 0.8,
      at,
      from: Math.min(from?.lastAt ?? at, there.firstAt),
      observed: { metric: 'speed', value: Math.round(journey.kmh), unit: 'km/h' },
      expected: { low: 0, high: this.#settings.of(event).maxSpeedKmh, mean: 0, n: from?.requests ?? 0, p: 1, warmUp },
      explanation: saysOf(credentialOf(entity), known, journey),
      evidence: known.evidence,
      only: 'status BETWEEN 200 AND 399',
    });
  }
}

const saysOf = (whose: string, { from, there }: Traveller, { km, minutes }: Journey): string =>
  `${whose} was used at two places ${Math.round(km)} km apart (${from?.country ?? ''} and ${there.country}) within ${Math.max(1, Math.round(minutes))} min, ` +
  `${from?.requests ?? 0} and ${there.requests} requests${there.ownClient ? '' : ', at the second one with a client that it never had'}; no journey is that fast, and neither network is known to be a VPN or hoster. ` +
  `Two people use it, or its owner is on a VPN that nobody knows: if not, end its sessions and replace it.`;
