import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { TermList } from '../../knowledge/term-list.ts';
import type { ObjectTrails, ObjectUse } from '../../objects/object-trails.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import {
  FOREIGN_OBJECT_ACCESS_VERSION,
  judgeForeign,
  type ForeignVerdict,
  type ForeignView,
} from './foreign-object-access.detector.ts';
import type { ForeignObjectAccessSettings } from './foreign-object-access.settings.ts';

/** One caller at one template. */
class Reader {
  /** Objects that one other caller used often, and those that it used at all. */
  readonly objects = new TermList(64);
  readonly few = new TermList(64);
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
}

export class ForeignObjectAccessWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #readers: BoundedMap<Reader>;

  constructor(
    private readonly settings: Tuned<ForeignObjectAccessSettings>,
    private readonly trails: ObjectTrails,
    maxCallers: number,
  ) {
    this.#readers = new BoundedMap(Math.max(100, Math.floor(maxCallers / 8)));
  }

  get evicted(): number {
    return this.#readers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#readers.forgetLanes(lanes);
    this.trails.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#readers.forgetParts(gone.callers);
    this.trails.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const use = this.trails.of(event, at, caller);
    if (use === undefined || !use.isNew || use.known === undefined) return undefined;
    const { owner, ownerUses, others } = use.known;
    if (owner === 0 || others > 0 || owner === use.trail.hash) return undefined;
    const s = this.settings.of(event);
    if (ownerUses < Math.min(s.fewUses, s.ownerUses)) return undefined;
    const reader = this.#readers.getOrMake(`${caller.key}|${event.pathTemplate}`, fresh, caller.lane);
    if (ownerUses >= s.ownerUses) reader.objects.add(use.ref.hash, at);
    reader.few.add(use.ref.hash, at);
    reader.evidence.add(event, at);
    if (at < reader.reportedAt + REPORT_EVERY_MS) return undefined;
    for (const [list, span, uses, least] of [
      [reader.objects, HOUR_MS, s.ownerUses, s],
      [reader.few, HOUR_MS, s.fewUses, { objects: s.fewObjects, maxChance: s.fewMaxChance, maxShared: s.fewMaxShared }],
      [
        reader.objects,
        DAY_MS,
        s.ownerUses,
        { objects: s.dayObjects, maxChance: s.dayMaxChance, maxShared: s.fewMaxShared },
      ],
    ] as const) {
      const view = viewOf(use, list, at, span);
      const verdict = judgeForeign(view, s, least);
      if (verdict === undefined) continue;
      reader.reportedAt = at;
      return this.#finding(event, at, caller, view, verdict, reader.evidence, uses, least.objects, span);
    }
    return undefined;
  }

  explain(event: ApiEvent): string | undefined {
    const use = this.trails.peek(event);
    if (use?.known === undefined || use.known.owner === 0 || use.known.owner === use.trail.hash) return undefined;
    const { pairs, shared } = use.walk.stat;
    return `an object that another caller used ${use.known.ownerUses} times first, and ${use.known.others} more did (${this.settings.of(event).ownerUses} uses by one alone make it its own, a few of many such objects as well); of ${pairs} pairs of caller and object here ${shared} were not the first of their object`;
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    view: ForeignView,
    verdict: ForeignVerdict,
    evidence: Evidence,
    ownerUses: number,
    least: number,
    span: number,
  ): Draft {
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'foreign-object-access',
      version: FOREIGN_OBJECT_ACCESS_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - span,
      observed: { metric: 'objects of others', value: view.objects, unit: span === HOUR_MS ? 'in 1 h' : 'in 1 day' },
      expected: { low: 0, high: least - 1, mean: view.gained * verdict.usual, n: view.pairs, p: verdict.chance, warmUp: caller.warmUp }, // prettier-ignore
      explanation: `${entity.name} was given ${view.objects} objects of ${event.method} ${event.pathTemplate} within ${span === HOUR_MS ? 'an hour' : 'a day'} that it never asked for before and that one other caller alone used until now, each at least ${ownerUses} times, among ${view.gained} new ones. Objects are hardly shared there: ${view.shared} of ${view.pairs} that callers were given had been another's before. The upstream may not check to whom an object belongs.`,
      evidence,
      only: 'status >= 200 AND status < 300',
    });
  }
}

/** What was before: the objects at hand are taken off again. */
const viewOf = ({ trail, walk }: ObjectUse, list: TermList, at: number, span: number): ForeignView => {
  const objects = list.joinedWithin(at - span, at + 1);
  return {
    objects,
    gained: span === HOUR_MS ? trail.gained.sum : trail.gainedDay.sum,
    pairs: walk.stat.pairs - objects,
    shared: walk.stat.shared - objects,
    others: walk.stat.callers.size - 1,
    ownPairs: trail.objects - objects,
    ownShared: trail.met - objects,
    knownForHours: (at - trail.firstAt) / HOUR_MS,
  };
};

const fresh = (): Reader => new Reader();
