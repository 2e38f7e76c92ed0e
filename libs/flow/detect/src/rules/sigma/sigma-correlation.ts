import * as z from 'zod';
import { shown } from '../file/problem.ts';
import { reportIssues } from '../file/schema-problems.ts';
import type { YamlSource } from '../file/yaml-source.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import type { Rule } from '../rule.ts';
import { commonOf, groupField, SigmaHead, timeframeOf, type SigmaDetected } from './sigma-head.ts';

const Bound = z.number().int().min(0).max(RULE_LIMITS.atLeast);

const Correlated = SigmaHead.extend({
  correlation: z.looseObject({
    type: z.enum(['event_count', 'value_count']),
    rules: z.union([z.string().transform((name) => [name]), z.array(z.string()).min(1).max(50)]),
    'group-by': z.union([z.string().transform((name) => [name]), z.array(z.string()).min(1).max(3)]).optional(),
    timespan: z.string(),
    generate: z.boolean().default(false),
    condition: z.looseObject({ gt: Bound.optional(), gte: Bound.optional(), field: z.string().optional() }),
  }),
});

/** A Sigma correlation over detections of the same file. Those it counts go into `silent`, unless it says `generate`. */
export const readCorrelation = (
  source: YamlSource,
  detected: readonly SigmaDetected[],
  silent: Set<string>,
): readonly Rule[] => {
  const parsed = Correlated.safeParse(source.value);
  if (!parsed.success) {
    reportIssues(source, parsed.error.issues);
    return [];
  }
  const { correlation, ...head } = parsed.data;
  const counted = correlation.rules.map((name, i) => {
    const found = detected.find(({ names }) => names.includes(name));
    if (!found)
      source.report(['correlation', 'rules', i], {
        message: 'names a rule that is not in this file',
        found: shown(name),
        allowed: detected.flatMap(({ names }) => names).join(', '),
      });
    return found;
  });
  const { gt, gte, field } = correlation.condition;
  const atLeast = gte ?? (gt === undefined ? undefined : gt + 1);
  if (atLeast === undefined || atLeast < 1)
    source.report(['correlation', 'condition'], { message: 'sets no least number', allowed: 'gt or gte, at least 1' });
  if (correlation.type === 'value_count' && field === undefined)
    source.report(['correlation', 'condition'], {
      message: 'field is missing',
      allowed: 'the field whose values count',
    });
  const groupBy = (correlation['group-by'] ?? []).flatMap(
    (name, i) => groupField(source, name, ['correlation', 'group-by', i]) ?? [],
  );
  const windowMs = timeframeOf(source, correlation.timespan, ['correlation', 'timespan']);
  const valueField = field === undefined ? undefined : groupField(source, field, ['correlation', 'condition', 'field']);
  if (source.problems.length > 0 || atLeast === undefined) return [];
  if (!correlation.generate) for (const one of counted) if (one) silent.add(one.rule.id);
  const where = { kind: 'any' as const, of: counted.flatMap((one) => one?.where ?? []) };
  const common = commonOf(source, head, groupBy.length === 0 ? ['caller'] : groupBy, windowMs);
  if (correlation.type === 'event_count' || valueField === undefined)
    return [{ ...common, kind: 'threshold', where, atLeast }];
  return [
    { ...common, kind: 'distinct', where, field: valueField, atLeast: Math.min(RULE_LIMITS.atLeastDistinct, atLeast) },
  ];
};
