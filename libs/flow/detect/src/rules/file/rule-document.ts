import { ANYTHING, type Condition } from '@outrider/domain/rules/condition';
import { eventField, eventFieldNames } from '@outrider/domain/rules/event-fields';
import { parseCidr } from '@outrider/domain/traffic/ip-address';
import type { Rule, RuleCommon, RuleException } from '../rule.ts';
import { shown } from './problem.ts';
import { RuleDocument } from './rule.schema.ts';
import { reportIssues, suggestion } from './schema-problems.ts';
import { parseWhere } from './where.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** One document of our own language; undefined when there are problems, all of which are reported. */
export const readRuleDocument = (source: YamlSource): Rule | undefined => {
  const parsed = RuleDocument.safeParse(source.value);
  const given = parsed.success ? parsed.data : undefined;
  if (!parsed.success) reportIssues(source, parsed.error.issues);
  const conditions = readConditions(source);
  if (!given) return undefined;
  for (const [i, name] of given.group_by.entries())
    checkField(source, name, Array.isArray(valueOf(source, 'group_by')) ? ['group_by', i] : ['group_by']);
  if ('field' in given) checkField(source, given.field, ['field']);
  checkEntity(source, given.entity, given.group_by);
  const exceptions = given.exceptions.map((exception, i) => exceptionOf(source, exception, i));
  if (source.problems.length > 0) return undefined;
  const common: RuleCommon = {
    id: given.id,
    title: given.title ?? given.id,
    description: given.description,
    severity: given.severity,
    confidence: given.confidence,
    mapping: given.mapping,
    falsePositives: given.false_positives,
    enabled: given.enabled,
    simulate: given.simulate,
    exceptions,
    groupBy: given.group_by,
    entity: given.entity ?? defaultEntity(given.group_by),
    windowMs: given.kind === 'new-term' ? given.history : given.window,
    origin: { format: 'outrider', file: source.file, line: source.line },
  };
  return withKind(common, given, conditions);
};

const withKind = (
  common: RuleCommon,
  given: RuleDocument,
  { where, matching, after, steps }: ReturnType<typeof readConditions>,
): Rule => {
  switch (given.kind) {
    case 'threshold':
      return { ...common, kind: given.kind, where, atLeast: given.at_least };
    case 'distinct':
      return { ...common, kind: given.kind, where, field: given.field, atLeast: given.at_least };
    case 'ratio':
      return {
        ...common,
        kind: given.kind,
        where,
        matching: matching ?? ANYTHING,
        share: given.share,
        minEvents: given.min_events,
      };
    case 'new-term':
      return {
        ...common,
        kind: given.kind,
        where,
        field: given.field,
        historyMs: given.history,
        warmUpMs: given.warm_up,
        minEvents: given.min_events,
      };
    case 'sequence':
      return {
        ...common,
        kind: given.kind,
        steps: given.steps.map((step, i) => ({
          name: step.name ?? `step ${i + 1}`,
          where: steps[i] ?? ANYTHING,
          atLeast: step.at_least,
        })),
      };
    case 'absence':
      return { ...common, kind: given.kind, expect: where, after, regular: given.regular };
  }
};

/** Read even where the rest is wrong, so that one run tells all there is to put right. */
const readConditions = (
  source: YamlSource,
): { where: Condition; matching: Condition | undefined; after: Condition | undefined; steps: Condition[] } => {
  const kind = valueOf(source, 'kind');
  const read = (name: string, required: boolean): Condition | undefined => {
    const value = valueOf(source, name);
    if (value !== undefined) return parseWhere(source, value, [name]);
    if (required)
      source.report([], { message: `${name} is missing`, allowed: 'a mapping of fields to what they must be' });
    return undefined;
  };
  const steps = valueOf(source, 'steps');
  return {
    where: read('where', kind === 'absence' || kind === 'ratio') ?? ANYTHING,
    matching: read('matching', kind === 'ratio'),
    after: read('after', false),
    steps: Array.isArray(steps)
      ? (steps as readonly unknown[]).map((step, i) =>
          typeof step === 'object' && step !== null && 'where' in step
            ? parseWhere(source, step.where, ['steps', i, 'where'])
            : reported(source, ['steps', i]),
        )
      : [],
  };
};

const reported = (source: YamlSource, path: YamlPath): Condition => {
  source.report(path, { message: 'where is missing', allowed: 'a mapping of fields to what they must be' });
  return ANYTHING;
};

const checkField = (source: YamlSource, name: string, path: YamlPath): void => {
  if (eventField(name)) return;
  const message = name.startsWith('raw_') ? 'is not stored, and can only be asked for in conditions' : 'unknown field';
  source.report(path, { message, found: shown(name), ...suggestion(name, eventFieldNames()) });
};

const checkEntity = (source: YamlSource, entity: string | undefined, groupBy: readonly string[]): void => {
  if (entity === undefined || entity === 'caller') return;
  const naming = groupBy.filter((name) => name === 'caller' || eventField(name)?.entity !== undefined);
  if (naming.includes(entity)) return;
  source.report(['entity'], {
    message: groupBy.includes(entity) ? 'does not name an entity' : 'is not among the fields of group_by',
    found: shown(entity),
    allowed: ['caller', ...naming.filter((name) => name !== 'caller')].join(', '),
  });
};

/** The caller where it is grouped by; else the first field that names somebody or something; else the caller that completes it. */
export const defaultEntity = (groupBy: readonly string[]): string =>
  groupBy.includes('caller') ? 'caller' : (groupBy.find((name) => eventField(name)?.entity !== undefined) ?? 'caller');

const exceptionOf = (source: YamlSource, given: RuleDocument['exceptions'][number], index: number): RuleException => {
  const { field, reason, until } = given;
  checkField(source, field, ['exceptions', index, 'field']);
  const values = given.values.map(String);
  const ranges = values.every((value) => parseCidr(value) !== undefined);
  const condition: Condition = {
    kind: 'test',
    field,
    test: ranges && field === 'client_ip' ? { op: 'cidr', values } : { op: 'equals', values, ignoreCase: false },
  };
  return { condition, reason, until };
};

const valueOf = (source: YamlSource, key: string): unknown =>
  typeof source.value === 'object' && source.value !== null
    ? (source.value as Readonly<Record<string, unknown>>)[key]
    : undefined;
