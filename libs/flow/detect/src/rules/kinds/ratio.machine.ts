import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { wilsonInterval } from '@outrider/domain/baseline/wilson';
import { Evidence } from '../../windows/evidence.ts';
import type { Group } from '../group-map.ts';
import { groupText, MachineBase, spanText, type Ask, type Horizon } from '../machine.ts';
import { PartCounts } from '../part-counts.ts';
import { lateMsOf, partMsOf, partsOf, SETTLE_MS } from '../rule-limits.ts';
import type { RatioRule } from '../rule.ts';

interface Counted extends Group {
  readonly all: PartCounts;
  readonly hits: PartCounts;
  readonly evidence: Evidence;
  /** The oldest part whose windows are not decided yet. */
  undecided: number;
  event: ApiEvent;
  reportedAt: number;
}

/** Standard deviations of Wilson's lower bound: 97.5 % certainty, one-sided. */
export const RATIO_Z = 1.96;

/**
 * The share of a group's events that fulfil `matching` is, with certainty, at least `share`. A share is decided when a part of the window is
 * over, not amid its events: else their order would decide it.
 */
export class RatioMachine extends MachineBase<RatioRule, Counted> {
  override readonly conditions;
  readonly #undecided = new Map<string, Counted>();
  readonly #partMs: number;
  readonly #window: number;
  readonly #reach: number;
  #settledAt = Number.NEGATIVE_INFINITY;

  constructor(
    rule: RatioRule,
    private readonly where: Ask,
    private readonly matching: Ask,
    maxGroups: number,
  ) {
    super(rule, maxGroups);
    this.conditions = [rule.where];
    this.#partMs = partMsOf(rule.windowMs);
    this.#window = partsOf(rule.windowMs);
    this.#reach = Math.ceil(lateMsOf(rule.windowMs) / this.#partMs);
  }

  override observe(event: ApiEvent, at: number, lane: number): void {
    if (!this.where(event, at)) return;
    const key = this.groupOf(event);
    if (key === undefined) return;
    const part = Math.floor(at / this.#partMs);
    const group = this.kept.getOrMake(key, () => ({
      lane: this.laneOf(lane),
      weight: 0,
      all: new PartCounts(this.#window, this.#reach),
      hits: new PartCounts(this.#window, this.#reach),
      evidence: new Evidence(),
      undecided: part,
      event,
      reportedAt: Number.NEGATIVE_INFINITY,
    }));
    if (!group.all.add(part)) {
      this.late++;
      return;
    }
    group.undecided = this.#undecided.has(key) ? Math.min(group.undecided, part) : part;
    this.#undecided.set(key, group);
    if (!this.matching(event, at)) return;
    group.hits.add(part);
    group.event = event;
    group.evidence.add(event, at);
  }

  override settle(horizon: Horizon, findings: Finding[]): void {
    const now = horizon.of(-1);
    if (now - this.#settledAt < Math.min(this.#partMs, SETTLE_MS) / 2 && now >= this.#settledAt) return;
    this.#settledAt = now;
    for (const [key, group] of this.#undecided) {
      const done = Math.floor((horizon.of(group.lane) - SETTLE_MS) / this.#partMs) - 1;
      if (done < group.undecided) continue;
      for (const end of group.all.ends(group.undecided, Math.min(done, group.all.head))) {
        const finding = this.#decide(key, group, end);
        if (finding) findings.push(finding);
      }
      if (done >= group.all.head) this.#undecided.delete(key);
      else group.undecided = done + 1;
    }
  }

  protected override gone(key: string): void {
    this.#undecided.delete(key);
  }

  #decide(key: string, group: Counted, end: number): Finding | undefined {
    const { minEvents, share, windowMs } = this.rule;
    const n = group.all.sumAt(end);
    if (n < minEvents) return undefined;
    const hits = group.hits.sumAt(end);
    const at = (end + 1) * this.#partMs;
    if (wilsonInterval(hits, n, RATIO_Z).low < share) return undefined;
    if (Math.abs(at - group.reportedAt) < REPORT_EVERY_MS) return undefined;
    group.reportedAt = at;
    const ratio = hits / n;
    return this.finding({
      event: group.event,
      key,
      at,
      from: at - this.#window * this.#partMs,
      observed: { metric: 'matching share', value: Math.round(ratio * 10_000) / 10_000, unit: 'ratio' },
      limit: share,
      saw: `${hits} of ${n} requests (${Math.round(ratio * 100)} %) within ${spanText(windowMs)} by ${groupText(this.rule, key)} match, which is at least the rule's ${Math.round(share * 100)} % beyond chance.`,
      evidence: group.evidence,
      only: { kind: 'all', of: [this.rule.where, this.rule.matching] },
      n,
    });
  }
}
