import type { Condition } from '@outrider/domain/rules/condition';
import { isRawOnly, needsRaw } from '@outrider/domain/rules/raw-fields';
import type { RawRule } from '@outrider/domain/rules/raw-matcher';
import { conditionsOf, type Rule } from './rule.ts';

/** What collect must look for, because only the raw request tells. */
export const rawRulesOf = (rules: readonly Rule[]): readonly RawRule[] =>
  rules
    .filter((rule) => rule.enabled)
    .flatMap((rule) => conditionsOf(rule).flatMap(({ name, condition }) => split(rule, name, condition).raw));

/** The rule as it can be asked of an event: what needs the raw request became "collect said so". */
export const onEvents = <R extends Rule>(rule: R): R =>
  withConditions(rule, (name, condition) => split(rule, name, condition).onEvent) as R; // the kind stays

interface Split {
  readonly raw: readonly RawRule[];
  readonly onEvent: Condition;
}

/**
 * Takes the parts of a condition out that the raw request alone decides, each as large as can be, and puts "collect found it" in their place.
 * What the rule asks of the event besides stays, so that any mixture of the two works.
 */
const split = (rule: Rule, name: string, condition: Condition): Split => {
  const raw: RawRule[] = [];
  const taken = (part: Condition): Condition => {
    const key = raw.length === 0 ? `${rule.id}#${name}` : `${rule.id}#${name}-${raw.length + 1}`;
    raw.push({ key, condition: part });
    return { kind: 'test', field: 'rule_matches', test: { op: 'equals', values: [key], ignoreCase: false } };
  };
  const visit = (part: Condition): Condition => {
    if (!needsRaw(part)) return part;
    // Below a "not" the positive part is looked for: it is rarer, and can be looked up.
    if (part.kind === 'not') return { kind: 'not', of: visit(part.of) };
    if (isRawOnly(part) || part.kind === 'test') return taken(part);
    const alone = part.of.filter((one) => needsRaw(one) && isRawOnly(one) && one.kind !== 'not');
    const others = part.of.filter((one) => !alone.includes(one)).map(visit);
    if (alone.length === 0) return { kind: part.kind, of: others };
    const [only] = alone;
    const joined: Condition = alone.length === 1 && only ? only : { kind: part.kind, of: alone };
    return { kind: part.kind, of: [taken(joined), ...others] };
  };
  return { onEvent: visit(condition), raw };
};

const withConditions = (rule: Rule, replaced: (name: string, condition: Condition) => Condition): Rule => {
  switch (rule.kind) {
    case 'threshold':
    case 'distinct':
    case 'new-term':
      return { ...rule, where: replaced('where', rule.where) };
    case 'ratio':
      return { ...rule, where: replaced('where', rule.where), matching: replaced('matching', rule.matching) };
    case 'sequence':
      return {
        ...rule,
        steps: rule.steps.map((step, i) => ({ ...step, where: replaced(`step-${i + 1}`, step.where) })),
      };
    case 'absence':
      return {
        ...rule,
        expect: replaced('expect', rule.expect),
        after: rule.after && replaced('after', rule.after),
      };
  }
};
