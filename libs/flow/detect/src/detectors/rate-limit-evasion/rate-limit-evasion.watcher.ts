import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Claims } from './claims.ts';
import {
  judgeClaims,
  judgeTurns,
  RATE_LIMIT_EVASION_VERSION,
  type EvasionVerdict,
} from './rate-limit-evasion.detector.ts';
import type { RateLimitEvasionSettings } from './rate-limit-evasion.settings.ts';
import { Turns } from './turns.ts';

/** After the last limit that anybody met, nobody takes turns; ms. */
const AFTER_LIMIT_MS = 600_000;
const MAX_CLIENTS = 20_000;

/** While nobody meets a limit and nobody claims an origin, an event costs three comparisons. */
export class RateLimitEvasionWatcher implements Watcher {
  readonly #turns: BoundedMap<Turns>;
  readonly #claims: BoundedMap<Claims>;
  #limitedUntil = Number.NEGATIVE_INFINITY;
  #firstAt = Number.POSITIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<RateLimitEvasionSettings>) {
    const limit = Math.min(MAX_CLIENTS, deps.maxCallers);
    this.#turns = new BoundedMap(limit);
    this.#claims = new BoundedMap(limit);
  }

  get evicted(): number {
    return this.#turns.evicted + this.#claims.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#turns.forgetLanes(lanes);
    this.#claims.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (at < this.#firstAt) this.#firstAt = at;
    const limited = event.status === 429 || event.rateRemaining === 0;
    if (limited) this.#limitedUntil = at + AFTER_LIMIT_MS;
    const turned = at <= this.#limitedUntil ? this.#turn(event, at, caller, limited) : undefined;
    return event.forwardedFor === '' ? turned : (turned ?? this.#claim(event, at, caller));
  }

  explain(event: ApiEvent): string | undefined {
    const claims = event.forwardedFor === '' ? undefined : this.#claims.peek(claimsKey(event))?.view();
    if (claims)
      return `claims to come from ${event.forwardedFor}; ${claims.distinct} such claims in ${claims.requests} requests of its address in 10 min`;
    const view = event.status === 429 ? this.#turns.peek(turnsKey(event))?.view : undefined;
    return view && view.turns > 0
      ? `met its limit; this client went on with another ${view.by} ${view.turns} times in half an hour`
      : undefined;
  }

  #turn(event: ApiEvent, at: number, caller: Caller, limited: boolean): Draft | undefined {
    const key = turnsKey(event);
    if (key === '') return undefined;
    const known = this.#turns.get(key);
    if (known === undefined && !limited) return undefined;
    const turns = known ?? new Turns(event.credentialId === '' ? 'address' : 'credential');
    if (known === undefined) this.#turns.set(key, turns, caller.lane);
    const identity = hash32(event.credentialId === '' ? event.clientIp : event.credentialId) || 1;
    const settings = this.deps.settings.of(event);
    const turned = turns.add(identity, limited, at, settings.minRun);
    if (limited || turned) turns.evidence.add(event, at);
    if (!turned || at < turns.reportedAt + REPORT_EVERY_MS) return undefined;
    const { view } = turns;
    const verdict = judgeTurns(view, settings);
    if (!verdict) return undefined;
    turns.reportedAt = at;
    const entity = ipOf(event);
    const what = view.by === 'credential' ? 'credentials' : 'addresses';
    return findingOf({
      ...this.#common(event, entity, at, verdict, caller),
      from: turns.since,
      observed: { metric: `${what} taking turns`, value: view.distinct, unit: 'in 30 min' },
      explanation: `One client at ${entity.name} went through ${view.distinct} ${what} within half an hour: in ${view.turns} of ${view.changes} changes the one before had just met its rate limit (fewer than ${verdict.limit} are let pass). Whoever changes identity at the limit gets many times what it allows: ask whose these are, and limit the address as well.`,
      evidence: turns.evidence,
    });
  }

  #claim(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const claims = this.#claims.getOrMake(claimsKey(event), () => this.#begin(event, at), caller.lane);
    if (claims.proxy) return undefined;
    const settings = this.deps.settings.of(event);
    const stack = event.clientFingerprint || event.userAgent;
    claims.add(
      {
        claim: hash32(event.forwardedFor) || 1,
        endpoint: hash32(event.pathTemplate) || 1,
        // an upstream that fails refuses nobody
        refused: event.status >= 400 && event.status < 500,
        stack,
        isPrivate: isPrivateAddress(event.forwardedFor),
      },
      at,
    );
    claims.evidence.add(event, at);
    if (claims.requests < settings.claims || !claims.worthALook || at < claims.reportedAt + REPORT_EVERY_MS)
      return undefined;
    const view = claims.view();
    const verdict = judgeClaims(view, settings);
    if (!verdict) return undefined;
    claims.reportedAt = at;
    const entity = ipOf(event);
    return findingOf({
      ...this.#common(event, entity, at, verdict, caller),
      from: at - 600_000,
      observed: { metric: 'claimed origins', value: view.distinct, unit: 'in 10 min' },
      explanation: `${entity.name} claimed ${view.distinct} different origins in X-Forwarded-For in ${view.requests} requests within 10 min, nearly all to one endpoint (${view.refused} were refused; fewer than ${verdict.limit} are let pass). This is how limits and blocks by address are got around, where a gateway believes the header: see that trusted_ips names only your own proxies.`,
      evidence: claims.evidence,
    });
  }

  #begin(event: ApiEvent, at: number): Claims {
    return new Claims(at - this.#firstAt, isPrivateAddress(event.clientIp) ? 'private' : 'public');
  }

  #common(event: ApiEvent, entity: Entity, at: number, verdict: EvasionVerdict, caller: Caller) {
    return {
      event,
      entity,
      type: 'rate-limit-evasion' as const,
      version: RATE_LIMIT_EVASION_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      expected: { low: 0, high: verdict.limit - 1, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
    };
  }
}

/** RFC 1918, loopback, link-local, carrier-grade NAT and unique-local, as canonical text; false of what is no address, such as a pseudonym. */
const PRIVATE =
  /^(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^(?:f[cd]|fe[89ab])[0-9a-f]{0,2}:|^::1$/;
const isPrivateAddress = (text: string): boolean => PRIVATE.test(text);

const ipOf = (event: ApiEvent): Entity => ({ kind: 'ip', id: event.clientIp, name: event.clientIp });
const claimsKey = (event: ApiEvent): string => `${event.tenant}|${event.clientIp}`;

/** With credentials: one address and stack. Without: one stack, which must be known. */
const turnsKey = (event: ApiEvent): string => {
  const stack = event.clientFingerprint || event.userAgent;
  if (event.credentialId !== '') return `${event.tenant}|${event.clientIp}|${stack}`;
  return event.clientFingerprint === '' ? '' : `${event.tenant}||${stack}|${event.serviceId}`;
};
