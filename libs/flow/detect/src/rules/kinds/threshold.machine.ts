import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import { GroupMap, type Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask, type Machine } from '../machine.ts';
import { PartCounts } from '../part-counts.ts';
import { lateMsOf, partMsOf, partsOf } from '../rule-limits.ts';
import type { ThresholdRule } from '../rule.ts';

interface Counted extends Group {
  readonly counts: PartCounts;
  evidence: Evidence | undefined;
  reportedAt: number;
}

/** Groups with few events are shown from their first one on; others from the half of the limit on, so that a quiet group holds next to nothing. */
const SHOW_ALL_UP_TO = 10;

/** `at_least` events of a group within the window, which slides by its parts. */
export class ThresholdMachine extends MachineBase<ThresholdRule> implements Machine {
  readonly conditions;
  readonly #groups: GroupMap<Counted>;
  readonly #partMs: number;
  readonly #window: number;
  readonly #reach: number;

  constructor(
    rule: ThresholdRule,
    private readonly where: Ask,
    maxGroups: number,
  ) {
    super(rule);
    this.conditions = [rule.where];
    this.#groups = new GroupMap(maxGroups);
    this.#partMs = partMsOf(rule.windowMs);
    this.#window = partsOf(rule.windowMs);
    this.#reach = Math.ceil(lateMsOf(rule.windowMs) / this.#partMs);
  }

  get groups(): number {
    return this.#groups.size;
  }

  get evicted(): number {
    return this.#groups.evicted;
  }

  observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    if (!this.where(event, at)) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const group = this.#groups.getOrMake(key, () => ({
      lane: this.laneOf(lane),
      weight: 0,
      counts: new PartCounts(this.#window, this.#reach),
      evidence: undefined,
      reportedAt: Number.NEGATIVE_INFINITY,
    }));
    const part = Math.floor(at / this.#partMs);
    if (!group.counts.add(part)) {
      this.late++;
      return;
    }
    const { atLeast, windowMs } = this.rule;
    const best = group.counts.bestAround(part);
    if (atLeast <= SHOW_ALL_UP_TO || best.sum * 2 >= atLeast) (group.evidence ??= new Evidence()).add(event, at);
    if (best.sum < atLeast || Math.abs(at - group.reportedAt) < REPORT_EVERY_MS) return;
    group.reportedAt = at;
    findings.push(
      this.finding({
        event,
        key,
        at,
        from: Math.min(at, (best.end - this.#window + 1) * this.#partMs),
        observed: { metric: 'matching requests', value: best.sum, unit: 'requests' },
        limit: atLeast,
        saw: `${best.sum} matching requests within ${spanText(windowMs)} by ${groupText(this.rule, key)}, where the rule's limit is ${atLeast}.`,
        evidence: group.evidence,
        only: this.rule.where,
      }),
    );
  }

  settle(): void {
    // Each event is decided as it comes.
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#groups.forgetLanes(lanes);
  }
}
