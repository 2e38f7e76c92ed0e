import type { Severity } from '@outrider/domain/detection/alert';
import type { Condition } from '@outrider/domain/rules/condition';

/** A user's rule, checked and complete. `outrider` is our own language; Sigma rules are turned into the same. */
export type Rule = ThresholdRule | DistinctRule | RatioRule | NewTermRule | SequenceRule | AbsenceRule;

export interface RuleCommon {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  /** 0 … 1. */
  readonly confidence: number;
  readonly mapping: { readonly owasp: readonly string[]; readonly attack: readonly string[] };
  readonly falsePositives: readonly string[];
  readonly enabled: boolean;
  /** Its findings are shown and never acted upon. */
  readonly simulate: boolean;
  readonly exceptions: readonly RuleException[];
  /** One to three fields. */
  readonly groupBy: readonly string[];
  /** The field of `groupBy` that names the entity; `caller` may stand without being grouped by: then the completing event's caller is blamed. */
  readonly entity: string;
  readonly windowMs: number;
  readonly origin: RuleOrigin;
}

export interface RuleOrigin {
  readonly format: 'outrider' | 'sigma';
  readonly file: string;
  readonly line: number;
  /** Who wrote a Sigma rule and under which id: what its licence wants told wherever the rule is shown. */
  readonly author?: string;
  readonly originalId?: string;
}

export interface RuleException {
  readonly condition: Condition;
  readonly reason: string;
  /** Event time, ms; undefined: as long as the rule stands. */
  readonly until: number | undefined;
}

export interface ThresholdRule extends RuleCommon {
  readonly kind: 'threshold';
  readonly where: Condition;
  readonly atLeast: number;
}

export interface DistinctRule extends RuleCommon {
  readonly kind: 'distinct';
  readonly where: Condition;
  readonly field: string;
  readonly atLeast: number;
}

export interface RatioRule extends RuleCommon {
  readonly kind: 'ratio';
  readonly where: Condition;
  readonly matching: Condition;
  /** The share is at least this with 97.5 % certainty (Wilson). */
  readonly share: number;
  readonly minEvents: number;
}

export interface NewTermRule extends RuleCommon {
  readonly kind: 'new-term';
  readonly where: Condition;
  readonly field: string;
  /** A value is new when it was not seen for this long. `windowMs` has the same value. */
  readonly historyMs: number;
  readonly warmUpMs: number;
  readonly minEvents: number;
}

export interface SequenceStep {
  readonly name: string;
  readonly where: Condition;
  readonly atLeast: number;
}

export interface SequenceRule extends RuleCommon {
  readonly kind: 'sequence';
  readonly steps: readonly SequenceStep[];
}

export interface AbsenceRule extends RuleCommon {
  readonly kind: 'absence';
  /** What is expected to come. */
  readonly expect: Condition;
  /** With it: expected within the window after this. Without: expected at least once in every window. */
  readonly after: Condition | undefined;
  /** Unbroken windows with an expected event until its absence means something; without `after`. */
  readonly regular: number;
}

/** All conditions of a rule, under the names that raw matching knows them by. */
export const conditionsOf = (rule: Rule): readonly { readonly name: string; readonly condition: Condition }[] => {
  switch (rule.kind) {
    case 'threshold':
    case 'distinct':
    case 'new-term':
      return [{ name: 'where', condition: rule.where }];
    case 'ratio':
      return [
        { name: 'where', condition: rule.where },
        { name: 'matching', condition: rule.matching },
      ];
    case 'sequence':
      return rule.steps.map((step, i) => ({ name: `step-${i + 1}`, condition: step.where }));
    case 'absence':
      return [
        { name: 'expect', condition: rule.expect },
        ...(rule.after ? [{ name: 'after', condition: rule.after }] : []),
      ];
  }
};

/** The same rule keeps its counts over a reload: everything that changes what is counted is in here, and its place in the file is not. */
export const signatureOf = (rule: Rule): string => JSON.stringify({ ...rule, origin: rule.origin.format });
