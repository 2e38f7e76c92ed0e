import type { Finding } from '@outrider/domain/detection/alert';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import type { Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask } from '../machine.ts';
import { lateMsOf, STATE_LIMITS } from '../rule-limits.ts';
import type { SequenceRule } from '../rule.ts';

interface Seen {
  readonly at: number;
  readonly id: string;
}

interface Progress extends Group {
  /** By step: its events in order of time. */
  readonly steps: readonly Seen[][];
  readonly evidence: Evidence;
  newestAt: number;
  reportedAt: number;
}

/**
 * Steps that follow each other within the window, each by its number of events; no event counts for two steps. Events are kept in order of
 * time, so that a step that arrives late is as good as one in time.
 */
export class SequenceMachine extends MachineBase<SequenceRule, Progress> {
  override readonly conditions;
  readonly #reachMs: number;

  constructor(
    rule: SequenceRule,
    private readonly steps: readonly Ask[],
    maxGroups: number,
  ) {
    super(rule, maxGroups, STATE_LIMITS.valuesPerRule);
    this.conditions = rule.steps.map((step) => step.where);
    this.#reachMs = rule.windowMs + lateMsOf(rule.windowMs);
  }

  override observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    let key: string | undefined;
    let group: Progress | undefined;
    let last = false;
    for (const [i, ask] of this.steps.entries()) {
      if (!ask(event, at)) continue;
      key ??= this.groupOf(event);
      if (key === undefined) return;
      // A later step alone begins nothing, but the earlier ones may be under way: late.
      group ??= this.kept.getOrMake(key, () => ({
        lane: this.laneOf(lane),
        weight: 0,
        steps: this.steps.map(() => []),
        evidence: new Evidence(),
        newestAt: at,
        reportedAt: Number.NEGATIVE_INFINITY,
      }));
      if (at < group.newestAt - lateMsOf(this.rule.windowMs)) {
        this.late++;
        return;
      }
      this.#remember(key, group, i, { at, id: eventId(event) });
      last = i === this.steps.length - 1;
    }
    if (!group || key === undefined) return;
    group.evidence.add(event, at);
    const newest = at > group.newestAt;
    group.newestAt = Math.max(group.newestAt, at);
    // The newest event of all can only be the end of a run.
    if (newest && !last) return;
    const span = this.#complete(group, newest);
    if (!span || Math.abs(span.to - group.reportedAt) < REPORT_EVERY_MS) return;
    group.reportedAt = span.to;
    findings.push(this.#found(event, key, group, span));
  }

  #remember(key: string, group: Progress, step: number, seen: Seen): void {
    const events = group.steps[step];
    if (!events) return;
    const before = events.length;
    let at = events.length;
    while (at > 0 && isBefore(seen, events[at - 1])) at--;
    events.splice(at, 0, seen);
    const oldest = Math.max(group.newestAt, seen.at) - this.#reachMs;
    let gone = Math.max(0, events.length - STATE_LIMITS.stepEvents);
    while (gone < events.length && (events[gone]?.at ?? 0) < oldest) gone++;
    events.splice(0, gone);
    this.kept.weigh(key, group, events.length - before);
  }

  /** The newest run of all steps within the window: each step taken as late as the next one allows, which keeps the run shortest. */
  #complete(group: Progress, newestOnly: boolean): { from: number; to: number } | undefined {
    const last = group.steps.at(-1) ?? [];
    const needed = this.rule.steps.at(-1)?.atLeast ?? 1;
    if (group.steps.some((events, i) => events.length < (this.rule.steps[i]?.atLeast ?? 1))) return undefined;
    const lowest = newestOnly ? last.length - 1 : needed - 1;
    for (let end = last.length - 1; end >= Math.max(lowest, needed - 1); end--) {
      const to = last[end];
      let bound = last[end - needed + 1];
      for (let i = group.steps.length - 2; i >= 0 && bound; i--)
        bound = latestBefore(group.steps[i] ?? [], bound, this.rule.steps[i]?.atLeast ?? 1);
      if (to && bound && to.at - bound.at <= this.rule.windowMs) return { from: bound.at, to: to.at };
    }
    return undefined;
  }

  #found(event: ApiEvent, key: string, group: Progress, span: { from: number; to: number }): Finding {
    const { steps, windowMs } = this.rule;
    const words = steps
      .map((step) => (step.atLeast === 1 ? step.name : `${step.atLeast} × ${step.name}`))
      .join(', then ');
    return this.finding({
      event,
      key,
      at: span.to,
      from: span.from,
      observed: { metric: 'steps in order', value: steps.length, unit: 'steps' },
      limit: steps.length,
      saw: `${words} by ${groupText(this.rule, key)} within ${spanText(Math.max(1_000, span.to - span.from))}; the rule allows ${spanText(windowMs)} for all of it.`,
      evidence: group.evidence,
      only: { kind: 'any', of: steps.map((step) => step.where) },
    });
  }
}

const isBefore = (a: Seen, b: Seen | undefined): boolean =>
  b !== undefined && (a.at < b.at || (a.at === b.at && a.id < b.id));

/** The first of the latest `n` events that lie before `bound`. */
const latestBefore = (events: readonly Seen[], bound: Seen, n: number): Seen | undefined => {
  // One moment has no order: an event of the same time counts as before, unless it is the very same event.
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? 0) <= bound.at) low = middle + 1;
    else high = middle;
  }
  let taken = 0;
  for (let i = low - 1; i >= 0; i--) {
    const one = events[i];
    if (!one || one.id === bound.id) continue;
    if (++taken === n) return one;
  }
  return undefined;
};
