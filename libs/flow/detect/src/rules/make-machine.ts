import { assertNever } from '@outrider/domain/assert-never';
import { compileCondition, type Predicate } from '@outrider/domain/rules/compile-condition';
import type { Condition } from '@outrider/domain/rules/condition';
import { eventField } from '@outrider/domain/rules/event-fields';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { AbsenceMachine } from './kinds/absence.machine.ts';
import { DistinctMachine } from './kinds/distinct.machine.ts';
import { NewTermMachine } from './kinds/new-term.machine.ts';
import { RatioMachine } from './kinds/ratio.machine.ts';
import { SequenceMachine } from './kinds/sequence.machine.ts';
import { ThresholdMachine } from './kinds/threshold.machine.ts';
import { linearRegex } from './linear-regex.ts';
import type { Machine } from './machine.ts';
import { onEvents } from './raw-conditions.ts';
import type { Rule } from './rule.ts';

/** A condition over stored events. Throws on a field that is none: the rule was not checked. */
export const eventPredicate = (condition: Condition): Predicate<ApiEvent> =>
  compileCondition(condition, { access: accessOf, regex: linearRegex });

const accessOf = (name: string) => {
  const field = eventField(name);
  if (!field) throw new Error(`unknown field ${name}`);
  return field.access;
};

/** A checked rule, set to work with nothing counted yet. */
export const makeMachine = (given: Rule, maxGroups: number): Machine => {
  const rule = onEvents(given);
  switch (rule.kind) {
    case 'threshold':
      return new ThresholdMachine(rule, eventPredicate(rule.where), maxGroups);
    case 'distinct':
      return new DistinctMachine(rule, eventPredicate(rule.where), maxGroups);
    case 'ratio':
      return new RatioMachine(rule, eventPredicate(rule.where), eventPredicate(rule.matching), maxGroups);
    case 'new-term':
      return new NewTermMachine(rule, eventPredicate(rule.where), maxGroups);
    case 'sequence':
      return new SequenceMachine(
        rule,
        rule.steps.map((step) => eventPredicate(step.where)),
        maxGroups,
      );
    case 'absence':
      return new AbsenceMachine(rule, eventPredicate(rule.expect), rule.after && eventPredicate(rule.after), maxGroups);
    default:
      return assertNever(rule);
  }
};
