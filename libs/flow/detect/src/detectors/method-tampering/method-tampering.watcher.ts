import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeTampering, METHOD_TAMPERING_VERSION, tamperingOf } from './method-tampering.detector.ts';
import type { MethodTamperingSettings } from './method-tampering.settings.ts';
import { OverrideHabits } from './override-habits.ts';

const REACH_MS = 10 * MINUTE_MS;

/** Pairs of method and template that one caller tried; what it tries for ever is a broken client and does not count again. */
class Tries {
  readonly odd = new TermList(64);
  readonly ordinary = new TermList(64);
  readonly methods = new TermList(16);
  readonly evidence = new Evidence();
  /** In a row, and the last of them. */
  overrides = 0;
  overrideAt = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
}

export class MethodTamperingWatcher implements Watcher {
  readonly statusClasses = [2, 4, 5] as const;
  readonly #overrides = new OverrideHabits();
  readonly #tries: BoundedMap<Tries>;

  constructor(
    private readonly settings: Tuned<MethodTamperingSettings>,
    maxCallers: number,
  ) {
    this.#tries = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#tries.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#tries.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#tries.forgetKeys(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.methodOverride !== '') {
      const found = this.#overridden(event, at, caller);
      if (found !== undefined) return found;
    }
    const weight = tamperingOf(event);
    // what works for somebody is offered: the refusal has other reasons
    if (weight === 0 || caller.endpoint !== undefined) return undefined;
    const tries = this.#tries.getOrMake(caller.key, fresh, caller.lane);
    const asked = event.methodOverride === '' ? event.method : event.methodOverride;
    (weight === 2 ? tries.odd : tries.ordinary).add(hash32(`${asked} ${event.pathTemplate}`) || 1, at);
    tries.methods.add(hash32(asked) || 1, at);
    tries.evidence.add(event, at);
    if (at < tries.reportedAt + REPORT_EVERY_MS) return undefined;
    const since = at - REACH_MS;
    const odd = tries.odd.joinedWithin(since, at + 1);
    const ordinary = tries.ordinary.joinedWithin(since, at + 1);
    const methods = tries.methods.size;
    const s = this.settings.of(event);
    const verdict = judgeTampering(odd, ordinary, methods, s);
    if (!verdict) return undefined;
    tries.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'method-tampering',
      version: METHOD_TAMPERING_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: since,
      observed: { metric: 'pairs of method and path', value: odd + ordinary, unit: 'in 10 min' },
      expected: { low: 0, high: s.points, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} tried ${methods} methods in ${odd + ordinary} different pairs of method and path that this API does not offer within 10 min, ${odd} of them odd methods or overrides (${verdict.points} points; fewer than ${s.points} are let pass). This is how rules that look at the method are got around.`,
      evidence: tries.evidence,
      only: 'status >= 400',
    });
  }

  /** Overrides that nobody uses here, whatever the answer: what is checked by the method lets them pass. */
  #overridden(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { methodOverride } = event;
    const s = this.settings.of(event);
    const habit = this.#overrides.of(event, at, caller.key);
    if (methodOverride === event.method || methodOverride === 'GET' || methodOverride === 'HEAD') return undefined;
    const isNews =
      caller.profile !== undefined &&
      at - caller.profile.firstAt >= s.overrideHours * HOUR_MS &&
      caller.profile.requests >= s.overrideRequests;
    if (habit !== 'unusual' || (caller.profile !== undefined && !isNews)) return undefined;
    const tries = this.#tries.getOrMake(caller.key, fresh, caller.lane);
    tries.overrides = at - tries.overrideAt < REACH_MS ? tries.overrides + 1 : 1;
    tries.overrideAt = at;
    tries.evidence.add(event, at);
    if (tries.overrides < s.overrides || at < tries.reportedAt + REPORT_EVERY_MS) return undefined;
    tries.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'method-tampering',
      version: METHOD_TAMPERING_VERSION,
      severity: 'medium',
      confidence: 0.8,
      at,
      from: at - REACH_MS,
      observed: { metric: 'method overrides', value: tries.overrides, unit: 'in a row' },
      expected: { low: 0, high: s.overrides, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} asked ${tries.overrides} times by a header for another method than it sent (last: ${methodOverride} by ${event.method} ${event.pathTemplate}, ${event.status}), which neither it nor anybody else does at ${event.serviceName || 'this service'} (fewer than ${s.overrides} are let pass). This is how rules that look at the method are got around.`,
      evidence: tries.evidence,
      only: "method_override != ''",
    });
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const weight = tamperingOf(event);
    if (weight === 0 || caller.endpoint !== undefined) return undefined;
    const tries = this.#tries.peek(caller.key);
    return `a method that is not offered here, ${weight === 2 ? 'odd or by an override' : 'ordinary'}; ${(tries?.odd.size ?? 0) + (tries?.ordinary.size ?? 0)} such pairs by this caller (${this.settings.of(event).points} points in 10 min are told)`;
  }
}

const fresh = (): Tries => new Tries();
