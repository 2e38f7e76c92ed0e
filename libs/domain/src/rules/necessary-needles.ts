import type { Condition, FieldTest } from './condition.ts';

/** The raw fields whose text is part of `raw_line`, as it came or decoded. */
const IN_LINE = new Set(['raw_path', 'raw_query', 'raw_uri', 'raw_referer', 'raw_user_agent', 'raw_line']);
/** Shorter ones are in every request. */
const MIN_NEEDLE = 2;
const MAX_NEEDLES = 512;

/** Lower-case texts of which at least one is in the request's line whenever the condition holds; undefined when nothing of the kind is sure. */
export const necessaryNeedles = (condition: Condition): readonly string[] | undefined => {
  switch (condition.kind) {
    case 'all':
      return best(condition.of.map(necessaryNeedles));
    case 'any':
      return union(condition.of.map(necessaryNeedles));
    case 'not':
      return undefined;
    case 'test':
      return IN_LINE.has(condition.field) ? needlesOf(condition.test) : undefined;
  }
};

const needlesOf = (test: FieldTest): readonly string[] | undefined => {
  if (test.op !== 'equals' && test.op !== 'prefix' && test.op !== 'suffix' && test.op !== 'contains') return undefined;
  const needles = test.values.map((value) => value.toLowerCase());
  return needles.length > MAX_NEEDLES || needles.some((needle) => needle.length < MIN_NEEDLE) ? undefined : needles;
};

/** One necessary set is enough: the one whose shortest needle is longest. */
const best = (sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined => {
  let chosen: readonly string[] | undefined;
  for (const set of sets)
    if (set !== undefined && (chosen === undefined || shortest(set) > shortest(chosen))) chosen = set;
  return chosen;
};

const shortest = (set: readonly string[]): number =>
  set.reduce((length, needle) => Math.min(length, needle.length), Number.POSITIVE_INFINITY);

const union = (sets: readonly (readonly string[] | undefined)[]): readonly string[] | undefined => {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const needle of set) all.add(needle);
  }
  return all.size > MAX_NEEDLES ? undefined : [...all];
};
