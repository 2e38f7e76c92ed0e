import { ruleAlertType, type Finding } from '@outrider/domain/detection/alert';
import type { Condition } from '@outrider/domain/rules/condition';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Entity } from '@outrider/domain/traffic/entity';
import { findingOf } from '../engine/finding-draft.ts';
import type { Evidence } from '../windows/evidence.ts';
import { entityReader, groupReader, valuesOfKey } from './group-key.ts';
import { GroupMap, type Group } from './group-map.ts';
import type { Rule } from './rule.ts';
import { groupQuery } from './sql/group-query.ts';

/** How far event time has come, by lane; -1 asks for the lane that is furthest behind. */
export interface Horizon {
  of(lane: number): number;
}

/** One condition, ready to be asked. */
export type Ask = (event: ApiEvent, at: number) => boolean;

/** A rule at work: its conditions compiled, its groups counted. */
export interface Machine {
  readonly rule: Rule;
  /** Whichever of its conditions is to be asked: one of them must hold for an event to matter. */
  readonly conditions: readonly Condition[];
  observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void;
  /** What time alone completes. */
  settle(horizon: Horizon, findings: Finding[]): void;
  forgetLanes(lanes: ReadonlySet<number>): void;
  readonly groups: number;
  readonly evicted: number;
  /** Events that came too late for their group. */
  readonly late: number;
}

/** What all kinds of rules share: their groups, their entity, and how a finding is written. */
export abstract class MachineBase<R extends Rule, G extends Group> implements Machine {
  late = 0;
  abstract readonly conditions: readonly Condition[];
  protected readonly kept: GroupMap<G>;
  protected readonly groupOf: (event: ApiEvent) => string | undefined;
  protected readonly entityOf: (event: ApiEvent) => Entity;
  readonly #laned: boolean;

  constructor(
    readonly rule: R,
    maxGroups: number,
    maxWeight = Number.POSITIVE_INFINITY,
  ) {
    this.kept = new GroupMap(maxGroups, maxWeight, (_group, key) => this.gone(key));
    this.groupOf = groupReader(rule.groupBy);
    this.entityOf = entityReader(rule.entity);
    this.#laned = rule.groupBy.includes('caller');
  }

  abstract observe(event: ApiEvent, at: number, lane: number, findings: Finding[]): void;

  settle(_horizon: Horizon, _findings: Finding[]): void {
    // Most kinds decide each event as it comes.
  }

  get groups(): number {
    return this.kept.size;
  }

  get evicted(): number {
    return this.kept.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.kept.forgetLanes(lanes);
  }

  /** A group is kept no longer. */
  protected gone(_key: string): void {
    // Most kinds keep nothing of a group beside it.
  }

  /** Only a caller's events all come by one lane. */
  protected laneOf(lane: number): number {
    return this.#laned ? lane : -1;
  }

  protected finding(parts: {
    readonly event: ApiEvent;
    readonly key: string;
    readonly at: number;
    readonly from: number;
    readonly observed: Finding['observed'];
    readonly limit: number;
    readonly saw: string;
    readonly evidence: Evidence | undefined;
    readonly only: Condition;
    readonly n?: number;
  }): Finding {
    const { rule } = this;
    const { event, at, key } = parts;
    const from = Math.max(0, parts.from);
    const finding = findingOf({
      event,
      entity: this.entityOf(event),
      type: ruleAlertType(rule.id),
      version: '1',
      severity: rule.severity,
      confidence: rule.confidence,
      at,
      from,
      observed: parts.observed,
      expected: { low: 0, high: parts.limit, mean: 0, n: parts.n ?? 0, p: 1, warmUp: 'mature' },
      explanation: `${rule.title}: ${parts.saw} ${closing(rule)}`.slice(0, 2_000),
      evidence: parts.evidence,
    });
    const own = {
      simulated: rule.simulate,
      query: groupQuery(rule, event.tenant, valuesOfKey(key), parts.only, { from, to: at }),
    };
    return { ...finding, ...own };
  }
}

/** The rule's own words, and those of whoever wrote it. */
const closing = (rule: Rule): string =>
  [
    rule.description,
    ...(rule.falsePositives.length === 0 ? [] : [`Known false positives: ${rule.falsePositives.join('; ')}.`]),
    ...(rule.origin.author === undefined
      ? []
      : [`Sigma rule ${rule.origin.originalId ?? rule.id} by ${rule.origin.author}.`]),
  ].join(' ');

/** `5m`, `90s`, `2h`. */
export const spanText = (ms: number): string => {
  for (const [unit, name] of [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
  ] as const)
    if (ms >= unit && ms % unit === 0) return `${ms / unit}${name}`;
  return `${Math.round(ms / 1_000)}s`;
};

/** `client_ip 192.0.2.1, method GET`. */
export const groupText = (rule: Rule, key: string): string => {
  const values = valuesOfKey(key);
  return rule.groupBy.map((field, i) => `${field} ${(values[i] ?? '').slice(0, 120)}`).join(', ');
};
