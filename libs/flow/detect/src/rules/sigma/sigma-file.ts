import * as z from 'zod';
import type { Condition } from '@outrider/domain/rules/condition';
import { shown } from '../file/problem.ts';
import { reportIssues } from '../file/schema-problems.ts';
import type { YamlPath, YamlSource } from '../file/yaml-source.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import type { Rule } from '../rule.ts';
import { parseSigmaCondition, SigmaConditionError, type Aggregation } from './sigma-condition.ts';
import { readCorrelation } from './sigma-correlation.ts';
import { readSearch } from './sigma-detection.ts';
import { commonOf, groupField, SigmaHead, timeframeOf, type SigmaDetected } from './sigma-head.ts';

const Detected = SigmaHead.extend({
  logsource: z.looseObject({
    category: z.literal('webserver'),
    product: z.string().optional(),
    service: z.string().optional(),
  }),
  detection: z.looseObject({
    condition: z.union([z.string(), z.array(z.string()).min(1).max(20)]),
    timeframe: z.string().optional(),
  }),
});

export const isSigma = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ('logsource' in value || 'detection' in value || 'correlation' in value);

/** The rules of a file's Sigma documents. What a correlation counts does not speak for itself, unless it asks for that. */
export const readSigmaDocuments = (sources: readonly YamlSource[]): readonly Rule[] => {
  const detected: SigmaDetected[] = [];
  for (const source of sources) {
    if (isCorrelation(source.value)) continue;
    const one = readDetected(source);
    if (one) detected.push(one);
  }
  const silent = new Set<string>();
  const correlated = sources
    .filter((source) => isCorrelation(source.value))
    .flatMap((source) => readCorrelation(source, detected, silent));
  return [...detected.map(({ rule }) => rule).filter(({ id }) => !silent.has(id)), ...correlated];
};

const isCorrelation = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'correlation' in value;

const readDetected = (source: YamlSource): SigmaDetected | undefined => {
  const parsed = Detected.safeParse(source.value);
  if (!parsed.success) {
    reportIssues(source, parsed.error.issues);
    return undefined;
  }
  const { detection, ...head } = parsed.data;
  const searches = new Map<string, Condition>();
  for (const [name, value] of Object.entries(detection))
    if (name !== 'condition' && name !== 'timeframe')
      searches.set(name, readSearch(source, value, ['detection', name]));
  const read = readConditions(source, detection.condition, searches);
  const windowMs = timeframeOf(source, detection.timeframe, ['detection', 'timeframe']);
  const rule = read && ruleOf(source, head, read.condition, read.aggregation, windowMs);
  if (source.problems.length > 0 || !rule || !read) return undefined;
  return { names: [head.id, head.name].filter((name) => name !== undefined), rule, where: read.condition };
};

const readConditions = (
  source: YamlSource,
  given: string | readonly string[],
  searches: ReadonlyMap<string, Condition>,
): { condition: Condition; aggregation: Aggregation | undefined } | undefined => {
  const texts = typeof given === 'string' ? [given] : given;
  const path: YamlPath = ['detection', 'condition'];
  try {
    const parsed = texts.map((text) => parseSigmaCondition(text, searches));
    const [first] = parsed;
    if (parsed.length === 1 && first) return first;
    return { condition: { kind: 'any', of: parsed.map(({ condition }) => condition) }, aggregation: undefined };
  } catch (error) {
    if (!(error instanceof SigmaConditionError)) throw error;
    source.report(path, { message: error.message, found: shown(given), ...names([...searches.keys()]) });
    return undefined;
  }
};

const names = (known: readonly string[]): { allowed: string } => ({ allowed: known.slice(0, 20).join(', ') });

const ruleOf = (
  source: YamlSource,
  head: SigmaHead,
  where: Condition,
  aggregation: Aggregation | undefined,
  windowMs: number,
): Rule => {
  const by = aggregation?.by === undefined ? undefined : groupField(source, aggregation.by, ['detection', 'condition']);
  const common = commonOf(source, head, by === undefined ? ['caller'] : [by], windowMs);
  const atLeast = Math.min(RULE_LIMITS.atLeast, aggregation?.atLeast ?? 1);
  if (aggregation?.field === undefined) return { ...common, kind: 'threshold', where, atLeast };
  const field = groupField(source, aggregation.field, ['detection', 'condition']) ?? 'path';
  return { ...common, kind: 'distinct', where, field, atLeast: Math.min(RULE_LIMITS.atLeastDistinct, atLeast) };
};
