import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { listsBefore, listsSince } from '../../objects/lists-given.ts';
import { HOLD_MS, type ObjectTrails, type ObjectUse } from '../../objects/object-trails.ts';
import { sumAt } from '../../objects/walk.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgeEnumeration, limitsOf, unknownLimitOf, OBJECT_ENUMERATION_VERSION, type EnumerationVerdict, type EnumerationView } from './object-enumeration.detector.ts'; // prettier-ignore
import type { ObjectEnumerationSettings } from './object-enumeration.settings.ts';

/** Below it nothing is looked at. */
const FLOOR = 20;
const MANY = 40;
const MIN_FILLED = 4;
/** A list names what is read soon after it. */
const LISTED_MS = 30 * MINUTE_MS;

export class ObjectEnumerationWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4] as const;
  readonly #suspects: BoundedMap<{ evidence: Evidence; reportedAt: number }>;

  constructor(
    private readonly settings: Tuned<ObjectEnumerationSettings>,
    private readonly trails: ObjectTrails,
    maxCallers: number,
  ) {
    this.#suspects = new BoundedMap(Math.max(100, Math.floor(maxCallers / 4)));
  }

  get evicted(): number {
    return this.#suspects.evicted + this.trails.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#suspects.forgetLanes(lanes);
    this.trails.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#suspects.forgetKeys(gone.callers);
    this.trails.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const use = this.trails.of(event, at, caller);
    if (use === undefined || !use.isNew) return undefined;
    const { walk, trail } = use;
    if (walk.fresh.sum < FLOOR && walk.freshHour.sum < 5 * FLOOR) return undefined;
    const suspect = this.#suspects.getOrMake(caller.key, fresh, caller.lane);
    suspect.evidence.add(event, at);
    if (at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const s = this.settings.of(event);
    const view = viewOf(use, at, caller, true, s);
    const verdict = judgeEnumeration(view, s);
    if (!verdict) return undefined;
    suspect.reportedAt = at;
    walk.heldUntil = at + HOLD_MS;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'object-enumeration',
      version: OBJECT_ENUMERATION_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - (verdict.hours ? HOUR_MS : 10 * MINUTE_MS),
      observed: { metric: 'objects asked for the first time', value: verdict.objects, unit: verdict.hours ? 'in 2 h' : 'in 10 min' }, // prettier-ignore
      expected: { low: 0, high: verdict.limit, mean: verdict.hours ? view.mostHour : view.mostFresh, n: trail.filled, p: 1, warmUp: caller.warmUp }, // prettier-ignore
      explanation: `${entity.name} asked for ${verdict.objects} objects of ${walk.template} that it never asked for before within ${verdict.hours ? '2 h' : '10 min'}${REASONS[verdict.why](view, verdict)}. This is how the records of others are walked through.`,
      evidence: suspect.evidence,
      only: 'status IN (200, 206, 304, 401, 403, 404)',
    });
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const use = this.trails.peek(event);
    if (use === undefined || use.ref.hash === 0) return undefined;
    const s = this.settings.of(event);
    const view = viewOf(use, at, caller, false, s);
    const limit = view.hasHabits ? limitsOf(view, s).limit : unknownLimitOf(view, s);
    return `${use.isNew ? 'a new' : 'a known'} object; ${view.fresh} new ones of this template in 10 min, ${view.refused} of them refused and ${view.written} written to (limits: ${s.refusedObjects} with ${s.refusedPoints} points of refusal, or ${Math.ceil(limit)} that were read, against a habit of ${view.mostFresh}; lists: ${view.lists.toFixed(1)})`;
  }
}

const viewOf = (
  use: ObjectUse,
  at: number,
  caller: Caller,
  notes: boolean,
  s: ObjectEnumerationSettings,
): EnumerationView => {
  const { trail, walk } = use;
  const { area } = walk;
  const region = area?.whole;
  const many = notes && walk.fresh.sum >= MANY;
  return {
    fresh: walk.fresh.sum,
    refused: walk.refused.sum,
    forbidden: walk.forbidden.sum,
    requests: walk.requests.sum,
    freshHour: walk.freshHour.sum,
    written: sumAt(walk.written, at),
    writtenHour: sumAt(walk.writtenHour, at),
    made: trail.made?.window(at) ?? 0,
    madeHour: trail.made?.hour(at) ?? 0,
    mostFresh: trail.mostFresh,
    mostHour: trail.mostHour,
    mostRefused: trail.mostRefused,
    lists: listsBefore(trail, walk, at, at - LISTED_MS),
    burst: area?.burst.count ?? 0,
    burstAsked: area?.burst.asked ?? 0,
    burstMs: area === undefined ? 0 : at - area.burst.startedAt,
    burstRegion: region === undefined || region.count === 0 ? Number.POSITIVE_INFINITY : 1 / region.density,
    authenticated: caller.profile !== undefined,
    latelyListed: listsSince(trail, walk, at, at - LISTED_MS),
    knownForHours: (at - trail.firstAt) / HOUR_MS,
    othersMost: walk.stat.identified.mostBut(trail.hash),
    others: walk.stat.callers.size - 1,
    toldInOrder:
      (walk.ids.told && walk.ids.fresh >= walk.fresh.sum / 2) ||
      (use.patch?.told === true && use.patch.count >= walk.fresh.sum / 2),
    hasHabits: at - trail.firstAt >= s.habitHours * HOUR_MS && trail.filled >= MIN_FILLED,
    filled: trail.filled,
    newTemplate: usedSince(caller) > at - HOUR_MS,
    alike: many ? walk.stat.others('many', trail.hash, at) : 0,
    sensitive: caller.traits.sensitive,
    works: caller.endpoint !== undefined,
  };
};

const REASONS: Record<EnumerationVerdict['why'], (view: EnumerationView, verdict: EnumerationVerdict) => string> = {
  refused: (view) =>
    `; ${view.refused} of them were refused (${view.forbidden} forbidden), at most ${view.mostRefused} before`,
  habit: (view, { limit, hours }) =>
    `, at most ${hours ? view.mostHour : view.mostFresh} before (${limit} would be let pass), and lists (or what it created itself) named at most ${Math.round(view.lists * 110)}`,
  rapid: (view, { limit }) =>
    `, ${view.burst} of them without a pause in ${Math.max(1, Math.round(view.burstMs / 1_000))} s and hardly any twice (fewer than ${limit} are let pass), and no list named them`,
  unknown: (_view, { limit }) => `; nothing is known of it yet, ${limit} would be let pass, and no list named them`,
};

/** Event time since when a caller with credentials is answered by the endpoint; ms. */
const usedSince = ({ profile, endpoint }: Caller): number =>
  profile === undefined ? 0 : ((endpoint && profile.endpoints.firstAt(endpoint.id)) ?? Number.POSITIVE_INFINITY);

const fresh = (): { evidence: Evidence; reportedAt: number } => ({ evidence: new Evidence(), reportedAt: Number.NEGATIVE_INFINITY }); // prettier-ignore
