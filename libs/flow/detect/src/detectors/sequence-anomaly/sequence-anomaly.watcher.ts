import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS } from '../../windows/time.ts';
import { FlowStep } from './flow-steps.ts';
import type { SequenceAnomalySettings } from './sequence-anomaly.settings.ts';
import { groupOf, StepGroups, writes } from './step-groups.ts';
import { noteEarly, settleEarly, Walk, type OwnStep } from './walk.ts';

export const SEQUENCE_ANOMALY_VERSION = '2';

const SESSION_MS = 30 * 60_000;
const MAX_STEPS = 2_000;
export class SequenceAnomalyWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #walks: BoundedMap<Walk>;
  readonly #steps = new BoundedMap<FlowStep>(MAX_STEPS);
  readonly #groups = new StepGroups();

  constructor(private readonly deps: DetectorDeps<SequenceAnomalySettings>) {
    this.#walks = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 4)));
  }

  get evicted(): number {
    return this.#walks.evicted + this.#steps.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#walks.forgetLanes(lanes);
  }

  forget({ callers, endpoints }: Forgotten): void {
    this.#walks.forgetKeys(callers);
    this.#steps.forgetKeys(endpoints);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (caller.profile === undefined) return undefined;
    if (endpoint === undefined) {
      // the first use ever: from now on it matters what is read beside it
      if (writes(event.method)) this.#groups.note(groupOf(event.pathTemplate));
      return undefined;
    }
    const { id } = endpoint;
    const group = this.#groups.of(id, event);
    const step = writes(event.method);
    if (step) this.#groups.note(group);
    else if (!this.#groups.isBesideStep(group)) return undefined;
    let walk = this.#walks.get(caller.key);
    if (walk === undefined) {
      walk = new Walk();
      this.#walks.set(caller.key, walk, caller.lane);
    }
    const found = step ? this.#step(event, at, caller, walk, group) : undefined;
    walk.pass(id, at, step ? 0 : group);
    return found;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const { endpoint } = caller;
    const own = endpoint && this.#walks.peek(caller.key)?.own(endpoint.id);
    if (own === undefined || own.skips === 0) return undefined;
    return `${caller.entity.name} called ${endpointOf(event)} ${own.skips} times without the steps before it (limit ${this.#limitOf(own, this.deps.settings.of(event))} within a day), and ${own.orderly} times with them.`;
  }

  #step(event: ApiEvent, at: number, caller: Caller, walk: Walk, group: number): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint === undefined) return undefined;
    const { id, key } = endpoint;
    const settings = this.deps.settings.of(event);
    const step = this.#steps.getOrMake(key, () => new FlowStep());
    const recent = walk.recent(at, SESSION_MS, id, group);
    const needed = step.needed(settings);
    let missing = 0;
    for (const one of needed) if (!recent.includes(one)) missing++;
    step.learn(recent, at, CallerProfile.term(caller.key), missing >= settings.missing, settings);
    const own = walk.ownOf(id, at);
    if (own === undefined) return undefined;
    if (needed.length === 0) {
      noteEarly(own, recent);
      return undefined;
    }
    if (own.early > 0) settleEarly(own, needed);
    if (missing === 0) {
      own.orderly++;
      return undefined;
    }
    return this.#skipped(
      event,
      at,
      caller,
      own,
      {
        missing,
        needed: needed.length,
        uses: step.uses,
        callers: step.callers.size,
        alike: step.alike(CallerProfile.term(caller.key), at),
      },
      settings,
    );
  }

  #limitOf(own: OwnStep, settings: SequenceAnomalySettings): number {
    return own.orderly >= settings.orderly ? settings.skips : settings.newSkips;
  }

  #skipped(
    event: ApiEvent,
    at: number,
    caller: Caller,
    own: OwnStep,
    counts: Counts,
    settings: SequenceAnomalySettings,
  ): Draft | undefined {
    if (at - own.since > DAY_MS) {
      own.skipsBefore += own.skips;
      own.since = at;
      own.skips = 0;
    }
    own.skips++;
    if (own.skips < this.#limitOf(own, settings) || at < own.reportedAt + REPORT_EVERY_MS) return undefined;
    if (counts.missing < settings.missing) return undefined;
    const kept = own.orderly >= settings.orderly && own.skipsBefore <= own.orderly;
    if (counts.alike >= settings.learnedCallers) return undefined;
    const stranger = !kept && isStranger(caller, own, at, counts, settings);
    if (!kept && !stranger && (counts.missing < settings.newMissing || !isNewHere(caller, own, at, settings))) return undefined; // prettier-ignore
    own.reportedAt = at;
    const evidence = new Evidence();
    evidence.add(event, at);
    return findingOf({
      event,
      entity: caller.entity,
      type: 'sequence-anomaly',
      version: SEQUENCE_ANOMALY_VERSION,
      severity: own.skips >= 3 * settings.skips && !stranger ? 'medium' : 'low',
      confidence: 0.7,
      at,
      from: own.since,
      observed: { metric: 'uses without the steps before', value: own.skips, unit: 'in 24 h' },
      expected: { low: 0, high: settings.skips, mean: 0, n: counts.uses, p: 1 - settings.share, warmUp: caller.warmUp },
      explanation: `${caller.entity.name} called ${endpointOf(event)} ${own.skips} times without ${counts.missing} of the ${counts.needed} steps that come before it in ${(settings.share * 100).toFixed(0)} % of ${counts.uses} uses, ${own.orderly > 0 ? `and that it kept to itself before (${own.orderly} times)` : 'though it never took this step before'}. Flows are abused by going straight to their end.`,
      evidence,
    });
  }
}

/** Of the step at hand: how many of the needed ones are missing, and from how many uses and callers they were learned. */
interface Counts {
  readonly missing: number;
  readonly needed: number;
  readonly uses: number;
  readonly callers: number;
  /** Other callers that went without steps for the first time of late: a release that changes the flow. */
  readonly alike: number;
}

/** It came today and goes straight to the end, where everybody else takes the steps. It may be a new program of the house: low. */
const isStranger = ({ profile }: Caller, own: OwnStep, at: number, c: Counts, s: SequenceAnomalySettings): boolean =>
  profile !== undefined &&
  at - profile.firstAt < DAY_MS &&
  own.orderly === 0 &&
  own.skips >= s.strangerSkips &&
  c.missing >= s.newMissing &&
  c.uses >= s.strangerUses &&
  c.callers >= s.strangerCallers;

/** Known for days with other requests, and at this step since less than a day, or in order whenever it came here before. */
const isNewHere = (
  { profile, endpoint }: Caller,
  own: OwnStep,
  at: number,
  settings: SequenceAnomalySettings,
): boolean => {
  if (profile === undefined || endpoint === undefined) return false;
  const since = profile.endpoints.firstAt(endpoint.id);
  if (at - profile.firstAt < settings.knownDays * DAY_MS || profile.requests < settings.knownRequests)
    return (
      since !== undefined &&
      since - profile.firstAt >= SESSION_MS &&
      own.skips >= settings.youngSkips &&
      profile.requests - own.skips >= settings.youngRequests
    );
  if (own.orderly > 0) return own.skipsBefore === 0;
  return since !== undefined && at - since < DAY_MS;
};
