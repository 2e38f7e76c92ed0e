import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { TermList } from '../../knowledge/term-list.ts';
import type { ObjectTrails } from '../../objects/object-trails.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { FOREIGN_OBJECT_ACCESS_VERSION, judgeForeign } from './foreign-object-access.detector.ts';
import type { ForeignObjectAccessSettings } from './foreign-object-access.settings.ts';

class Reader {
  readonly objects = new TermList(64);
  readonly owners = new TermList(16);
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

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const use = this.trails.of(event, at, caller);
    if (use === undefined || !use.isNew || use.known === undefined) return undefined;
    const { owner, ownerUses, others } = use.known;
    if (owner === 0 || others > 0 || owner === use.trail.hash) return undefined;
    const s = this.settings.of(event);
    if (ownerUses < s.ownerUses) return undefined;
    const reader = this.#readers.getOrMake(caller.key, fresh, caller.lane);
    reader.objects.add(use.ref.hash, at);
    reader.owners.add(owner, at);
    reader.evidence.add(event, at);
    if (at < reader.reportedAt + REPORT_EVERY_MS) return undefined;
    const objects = reader.objects.joinedWithin(at - HOUR_MS, at + 1);
    const verdict = judgeForeign(objects, (at - use.trail.firstAt) / HOUR_MS, s);
    if (!verdict) return undefined;
    reader.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'foreign-object-access',
      version: FOREIGN_OBJECT_ACCESS_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - HOUR_MS,
      observed: { metric: 'objects of others', value: objects, unit: 'in 1 h' },
      expected: { low: 0, high: s.objects, mean: 0, n: use.trail.filled, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} was given ${objects} objects within an hour that it never asked for before and that one other caller alone used until now, each at least ${s.ownerUses} times (fewer than ${s.objects} are let pass; last: ${event.method} ${event.pathTemplate}). The upstream may not check to whom an object belongs.`,
      evidence: reader.evidence,
      only: 'status >= 200 AND status < 300',
    });
  }

  explain(event: ApiEvent): string | undefined {
    const use = this.trails.peek(event);
    if (use?.known === undefined || use.known.owner === 0 || use.known.owner === use.trail.hash) return undefined;
    return `an object that another caller used ${use.known.ownerUses} times first, and ${use.known.others} more did (${this.settings.of(event).ownerUses} uses by one alone make it its own)`;
  }
}

const fresh = (): Reader => new Reader();
