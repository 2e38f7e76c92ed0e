import type { BacktestChange } from '@outrider/domain/detection/backtest';
import { CallerError } from '@outrider/platform/errors';
import { problemText } from '../rules/file/problem.ts';
import { readRuleFile } from '../rules/file/rule-file.ts';
import { rawRulesOf } from '../rules/raw-conditions.ts';
import type { Rule } from '../rules/rule.ts';
import { RuleSet } from '../rules/rule-set.ts';
import { planDetector } from './planned-detector.ts';
import { controlsOf, type InForce, type PlannedRun } from './planned-run.ts';
import { whatMatters } from './what-matters.ts';

const RULE_MAX_EVENTS = 1_200_000;

/** CallerError when the change cannot be tried. */
export const planRun = (change: Exclude<BacktestChange, { kind: 'policy' }>, inForce: InForce): PlannedRun =>
  change.kind === 'rule' ? planRules(change.rule, change.instead, inForce) : planDetector(change, inForce);

const planRules = (text: string, instead: string | undefined, { controls }: InForce): PlannedRun => {
  const after = readRules('rule', text);
  const before = instead === undefined || instead.trim() === '' ? [] : readRules('instead', instead);
  const rules = [...before, ...after];
  // Nobody's decisions about a rule are about the changed one; what was excepted stays excepted.
  const excepted = controlsOf({ ...controls, overrides: [] });
  const options = { catalogue: [], controls: excepted };
  return {
    before: before.length === 0 ? undefined : { ...options, rules: RuleSet.compile(before) },
    after: { ...options, rules: RuleSet.compile(after) },
    events: whatMatters(rules),
    concerns: () => true,
    defaultMaxEvents: RULE_MAX_EVENTS,
    notes: rawNotes(rules),
    sampledNotes: rules.filter(({ groupBy }) => !groupBy.some((field) => OF_CALLER.has(field))).map(sampledNote),
  };
};

/** Fields by which a group is of one caller, or nearly. */
const OF_CALLER: ReadonlySet<string> = new Set([
  'caller',
  'client_ip',
  'consumer_id',
  'consumer_name',
  'credential_id',
]);

const sampledNote = ({ id, groupBy }: Rule): string =>
  `rule ${id} counts callers together (by ${groupBy.join(', ')}): with a part of the callers it finds too little; take a shorter range`;

const rawNotes = (rules: readonly Rule[]): readonly string[] =>
  rules
    .filter((rule) => rawRulesOf([rule]).length > 0)
    .map(
      ({ id }) =>
        `rule ${id} asks for the raw request, which is not stored: it finds only what a rule of this id and these conditions found when it came`,
    );

const readRules = (name: string, text: string): Rule[] => {
  const { rules, problems } = readRuleFile(name, text);
  const [first] = problems;
  const more = problems.length > 1 ? `; and ${problems.length - 1} more` : '';
  if (first) throw new CallerError(`${problemText(first)}${more}`, 'bad-rules', 422);
  if (rules.length === 0) throw new CallerError(`${name}: there is no rule in it`, 'bad-rules', 422);
  // Trying out is what a rule that is off is waiting for.
  return rules.map((rule) => ({ ...rule, enabled: true }));
};
