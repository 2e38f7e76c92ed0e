import type * as z from 'zod';
import { nearest } from '../../nearest-name.ts';
import { shown } from './problem.ts';
import { EXCEPTION_SHAPE, KIND_SHAPES, KINDS, MAPPING_SHAPE, STEP_SHAPE, type RuleKind } from './rule.schema.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** Tells each issue where it stands, with what is there and what may be. */
export const reportIssues = (source: YamlSource, issues: readonly Issue[]): void => {
  for (const issue of issues) reportIssue(source, issue, issue.path as YamlPath);
};

const reportIssue = (source: YamlSource, issue: Issue, path: YamlPath): void => {
  const value = valueAt(source.value, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(source.value, path);
      for (const key of issue.keys)
        source.report([...path, key], { message: 'unknown key', found: shown(key), ...suggestion(key, known) }, 'key');
      return;
    }
    case 'invalid_type':
      source.report(
        path,
        value === undefined
          ? { message: 'is missing', allowed: TYPE_NAMES[issue.expected] ?? issue.expected }
          : {
              message: 'is of the wrong type',
              found: shown(value),
              allowed: TYPE_NAMES[issue.expected] ?? issue.expected,
            },
      );
      return;
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      source.report(path, {
        message: value === undefined ? 'is missing' : 'is not allowed',
        ...(value === undefined ? {} : { found: shown(value) }),
        ...suggestion(String(value), allowed),
      });
      return;
    }
    case 'invalid_union': {
      if (path.at(-1) === 'kind') {
        const missing = value === undefined;
        source.report(path, {
          message: missing ? 'is missing' : 'is no kind of rule',
          ...(missing ? {} : { found: shown(value) }),
          ...suggestion(String(value), KINDS),
        });
        return;
      }
      const inner = issue.errors.flat().filter((one) => one.code !== 'invalid_type');
      const [first] = inner.length > 0 ? inner : issue.errors.flat();
      if (first) reportIssue(source, first, [...path, ...(first.path as YamlPath)]);
      return;
    }
    case 'too_small':
      source.report(path, {
        message: 'is too small',
        found: shown(value),
        allowed: `at least ${String(issue.minimum)}`,
      });
      return;
    case 'too_big':
      source.report(path, { message: 'is too big', found: shown(value), allowed: `at most ${String(issue.maximum)}` });
      return;
    default:
      source.report(path, { message: issue.message, found: shown(value), ...allowedOf(issue) });
  }
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
};

const allowedOf = (issue: Issue): { allowed?: string } => {
  const params: unknown = issue.code === 'custom' ? issue.params : undefined;
  const allowed = typeof params === 'object' && params !== null && 'allowed' in params ? params.allowed : undefined;
  return typeof allowed === 'string' ? { allowed } : {};
};

/** A list that is longer helps nobody who has merely mistyped a name. */
const MAX_LISTED = 24;

/** The name that was probably meant, and all there are: of many only where none is near. */
export const suggestion = (name: string, known: readonly string[]): { didYouMean?: string; allowed?: string } => {
  const meant = nearest(name, known);
  if (meant === undefined) return { allowed: known.join(', ') };
  return known.length > MAX_LISTED ? { didYouMean: meant } : { didYouMean: meant, allowed: known.join(', ') };
};

const knownKeys = (document: unknown, path: YamlPath): readonly string[] => {
  switch (path[0]) {
    case undefined: {
      const kind = valueAt(document, ['kind']);
      return ['kind', ...Object.keys(isKind(kind) ? KIND_SHAPES[kind] : KIND_SHAPES.threshold)];
    }
    case 'mapping':
      return Object.keys(MAPPING_SHAPE);
    case 'exceptions':
      return Object.keys(EXCEPTION_SHAPE);
    case 'steps':
      return Object.keys(STEP_SHAPE);
    default:
      return [];
  }
};

const isKind = (value: unknown): value is RuleKind => typeof value === 'string' && value in KIND_SHAPES;

const valueAt = (value: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Readonly<Record<string | number, unknown>>)[part] : undefined,
    value,
  );
