import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS } from '../../windows/time.ts';
import { FlowStep, Walk } from './flow-steps.ts';
import type { SequenceAnomalySettings } from './sequence-anomaly.settings.ts';

export const SEQUENCE_ANOMALY_VERSION = '1';

const SESSION_MS = 30 * 60_000;
const MAX_STEPS = 2_000;
/** Steps of which one caller's order is remembered. */
const MAX_OWN_STEPS = 16;

/** Hash of the parent path: `/basket` of `/basket/confirm`; never 0. */
const groupOf = (template: string): number => hash32(template.slice(0, template.lastIndexOf('/'))) || 1;

const groupOfEvent = (event: ApiEvent): number => (writes(event.method) ? 0 : groupOf(event.pathTemplate));

const writes = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH';

export class SequenceAnomalyWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #walks: BoundedMap<Walk>;
  readonly #steps = new BoundedMap<FlowStep>(MAX_STEPS);

  constructor(private readonly deps: DetectorDeps<SequenceAnomalySettings>) {
    this.#walks = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 4)));
  }

  get evicted(): number {
    return this.#walks.evicted + this.#steps.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#walks.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint === undefined || caller.profile === undefined) return undefined;
    let walk = this.#walks.get(caller.key);
    if (walk === undefined) {
      walk = new Walk();
      this.#walks.set(caller.key, walk, caller.lane);
    }
    const found = writes(event.method) ? this.#step(event, at, caller, walk, endpoint.id, endpoint.key) : undefined;
    walk.pass(endpoint.id, at, event, groupOfEvent);
    return found;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const { endpoint } = caller;
    const skips = endpoint && this.#walks.peek(caller.key)?.skips.get(endpoint.id);
    if (skips === undefined) return undefined;
    return `${caller.entity.name} called ${endpointOf(event)} ${skips.n} times without the steps before it (limit ${this.deps.settings.of(event).skips} within a day).`;
  }

  #step(event: ApiEvent, at: number, caller: Caller, walk: Walk, id: number, key: string): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const step = this.#steps.getOrMake(`${event.tenant}|${key}`, () => new FlowStep());
    const recent = walk.recent(at, SESSION_MS, id, groupOf(event.pathTemplate));
    const needed = step.needed(settings);
    const missing = needed.filter((one) => !recent.includes(one)).length;
    step.learn(recent, at, CallerProfile.term(caller.key), missing >= settings.missing, settings);
    if (needed.length === 0) return undefined;
    if (missing === 0) {
      if (walk.orderly.size < MAX_OWN_STEPS || walk.orderly.has(id))
        walk.orderly.set(id, (walk.orderly.get(id) ?? 0) + 1);
      return undefined;
    }
    return this.#skipped(event, at, caller, walk, id, { missing, needed: needed.length, uses: step.uses }, settings);
  }

  #skipped(
    event: ApiEvent,
    at: number,
    caller: Caller,
    walk: Walk,
    id: number,
    counts: { readonly missing: number; readonly needed: number; readonly uses: number },
    settings: SequenceAnomalySettings,
  ): Draft | undefined {
    let skips = walk.skips.get(id);
    if (skips === undefined || at - skips.since > DAY_MS) {
      if (skips === undefined && walk.skips.size >= MAX_OWN_STEPS) return undefined;
      skips = { since: at, n: 0, reportedAt: Number.NEGATIVE_INFINITY };
      walk.skips.set(id, skips);
    }
    skips.n++;
    const kept = (walk.orderly.get(id) ?? 0) >= settings.orderly;
    if (skips.n < (kept ? settings.skips : settings.newSkips) || at < skips.reportedAt + REPORT_EVERY_MS)
      return undefined;
    if (counts.missing < settings.missing) return undefined;
    if (!kept && (counts.missing < settings.newMissing || !isNewHere(caller, id, at, settings))) return undefined;
    skips.reportedAt = at;
    const evidence = new Evidence();
    evidence.add(event, at);
    return findingOf({
      event,
      entity: caller.entity,
      type: 'sequence-anomaly',
      version: SEQUENCE_ANOMALY_VERSION,
      severity: skips.n >= 3 * settings.skips ? 'medium' : 'low',
      confidence: 0.7,
      at,
      from: skips.since,
      observed: { metric: 'uses without the steps before', value: skips.n, unit: 'in 24 h' },
      expected: { low: 0, high: settings.skips, mean: 0, n: counts.uses, p: 1 - settings.share, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} called ${endpointOf(event)} ${skips.n} times without ${counts.missing} of the ${counts.needed} steps that come before it in ${(settings.share * 100).toFixed(0)} % of ${counts.uses} uses, ${kept ? 'and that it kept to itself before' : 'though it never took this step before'}. Flows are abused by going straight to their end.`,
      evidence,
    });
  }
}

/** Known for days with other requests, and at this step since less than a day. */
const isNewHere = (caller: Caller, id: number, at: number, settings: SequenceAnomalySettings): boolean => {
  const { profile } = caller;
  if (profile === undefined || at - profile.firstAt < settings.knownDays * DAY_MS) return false;
  const since = profile.endpoints.firstAt(id);
  return since !== undefined && at - since < DAY_MS && profile.requests >= 100;
};
