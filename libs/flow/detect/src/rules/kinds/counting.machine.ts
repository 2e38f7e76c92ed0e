import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import type { Group } from '../group-map.ts';
import { MachineBase, type Ask } from '../machine.ts';
import type { BestWindow } from '../part-counts.ts';
import { lateMsOf, partMsOf, partsOf } from '../rule-limits.ts';
import type { DistinctRule, ThresholdRule } from '../rule.ts';

export interface Counted extends Group {
  evidence: Evidence | undefined;
  reportedAt: number;
}

/** Groups with few events are shown from their first one on; others from the half of the limit on, so that a quiet group holds next to nothing. */
const SHOW_ALL_UP_TO = 10;

/** What counts something of a group within a window that slides by its parts, and finds at least so much of it. */
export abstract class CountingMachine<R extends ThresholdRule | DistinctRule, G extends Counted> extends MachineBase<
  R,
  G
> {
  override readonly conditions;
  protected readonly partMs: number;
  /** Parts. */
  protected readonly window: number;
  /** Parts beyond the window in which a late event still counts. */
  protected readonly reach: number;

  constructor(
    rule: R,
    private readonly where: Ask,
    maxGroups: number,
    maxWeight?: number,
  ) {
    super(rule, maxGroups, maxWeight);
    this.conditions = [rule.where];
    this.partMs = partMsOf(rule.windowMs);
    this.window = partsOf(rule.windowMs);
    this.reach = Math.ceil(lateMsOf(rule.windowMs) / this.partMs);
  }

  protected abstract fresh(lane: number): G;
  /** Counts the event in its part; the fullest window around it, undefined where it changes nothing. */
  protected abstract count(event: ApiEvent, part: number, group: G, key: string): BestWindow | undefined;
  protected abstract tell(sum: number, key: string): { readonly observed: Finding['observed']; readonly saw: string };

  override observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void {
    if (!this.where(event, at)) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const group = this.kept.getOrMake(key, () => this.fresh(lane));
    const best = this.count(event, Math.floor(at / this.partMs), group, key);
    if (!best) return;
    const { atLeast, where } = this.rule;
    if (atLeast <= SHOW_ALL_UP_TO || best.sum * 2 >= atLeast) (group.evidence ??= new Evidence()).add(event, at);
    if (best.sum < atLeast || Math.abs(at - group.reportedAt) < REPORT_EVERY_MS) return;
    group.reportedAt = at;
    const from = Math.min(at, (best.end - this.window + 1) * this.partMs);
    const { evidence } = group;
    findings.push(
      this.finding({ event, key, at, from, limit: atLeast, evidence, only: where, ...this.tell(best.sum, key) }),
    );
  }
  protected begun(lane: number): Counted {
    return { lane: this.laneOf(lane), weight: 0, evidence: undefined, reportedAt: Number.NEGATIVE_INFINITY };
  }
}
