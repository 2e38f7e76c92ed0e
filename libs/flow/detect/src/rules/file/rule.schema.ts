import * as z from 'zod';
import { Severity } from '@outrider/domain/detection/alert';
import { RULE_LIMITS } from '../rule-limits.ts';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(\d{1,9})\s*(ms|s|m|h|d|w)$/;

/** `90s`, `5m`, `1h`, `14d` → ms. */
export const durationMs = (text: string): number | undefined => {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
};

const durationText = (ms: number): string =>
  ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 1_000}s`;

const duration = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const ms = durationMs(text);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    context.addIssue({
      code: 'custom',
      message: ms === undefined ? 'is no duration' : 'is out of bounds',
      params: {
        allowed: `a number and ms, s, m, h, d or w, from ${durationText(min)} to ${durationText(max)}, such as 5m`,
      },
    });
    return z.NEVER;
  });

const line = z.string().trim().min(1).max(RULE_LIMITS.valueLength);
const text = z.string().trim().max(8_192);
const share = z.number().gt(0).max(1);
const fieldName = z.string().max(128);
const count = (max: number) => z.number().int().min(1).max(max);
const window = duration(RULE_LIMITS.minWindowMs, RULE_LIMITS.maxWindowMs);

/** Looked at by itself: `where.ts` knows its words. */
const condition = z.unknown().optional();

const instant = z.union([z.string(), z.date()]).transform((given, context) => {
  const at = given instanceof Date ? given.getTime() : ISO.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isFinite(at)) return at;
  context.addIssue({
    code: 'custom',
    message: 'is no time',
    params: { allowed: 'a date or time such as 2026-12-31 or 2026-12-31T18:00:00Z' },
  });
  return z.NEVER;
});
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

export const EXCEPTION_SHAPE = {
  field: fieldName,
  values: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(RULE_LIMITS.values),
  reason: line,
  until: instant.optional(),
};
export const MAPPING_SHAPE = {
  owasp: z
    .array(
      z.string().regex(/^API(?:10|[1-9]):2023$/, { error: 'is no category of the OWASP API Security Top 10 2023' }),
    )
    .max(10)
    .default([]),
  attack: z
    .array(z.string().regex(/^TA?\d{4}(?:\.\d{3})?$/, { error: 'is no ATT&CK id' }))
    .max(20)
    .default([]),
};
export const STEP_SHAPE = {
  name: line.optional(),
  where: condition,
  at_least: count(RULE_LIMITS.atLeastStep).default(1),
};

const COMMON = {
  id: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
    error: 'is no id: lower-case letters, digits and hyphens, at most 64',
  }),
  title: line.optional(),
  description: text.min(1),
  severity: Severity,
  confidence: z.number().min(0).max(1).default(0.7),
  mapping: z.strictObject(MAPPING_SHAPE).default({ owasp: [], attack: [] }),
  false_positives: z.array(line).max(50).default([]),
  enabled: z.boolean().default(true),
  simulate: z.boolean().default(false),
  exceptions: z.array(z.strictObject(EXCEPTION_SHAPE)).max(200).default([]),
  group_by: z.union([z.string().transform((name) => [name]), z.array(fieldName).min(1).max(3)]).default(['caller']),
  entity: fieldName.optional(),
};

/** What one YAML document says, key by key; conditions and field names are looked at separately. */
export const KIND_SHAPES = {
  threshold: { ...COMMON, where: condition, window, at_least: count(RULE_LIMITS.atLeast) },
  distinct: { ...COMMON, where: condition, window, field: fieldName, at_least: count(RULE_LIMITS.atLeastDistinct) },
  ratio: {
    ...COMMON,
    where: condition,
    matching: condition,
    window,
    share,
    min_events: count(RULE_LIMITS.atLeast).default(20),
  },
  'new-term': {
    ...COMMON,
    where: condition,
    field: fieldName,
    history: duration(3_600_000, RULE_LIMITS.maxHistoryMs).default(14 * 86_400_000),
    warm_up: duration(0, RULE_LIMITS.maxHistoryMs).default(7 * 86_400_000),
    min_events: count(RULE_LIMITS.atLeast).default(50),
  },
  sequence: {
    ...COMMON,
    window,
    steps: z.array(z.strictObject(STEP_SHAPE)).min(2).max(RULE_LIMITS.steps),
  },
  absence: {
    ...COMMON,
    where: condition,
    after: condition,
    window,
    regular: z.number().int().min(2).max(1_000).default(5),
  },
} as const;

export type RuleKind = keyof typeof KIND_SHAPES;
export const KINDS: readonly RuleKind[] = ['threshold', 'distinct', 'ratio', 'new-term', 'sequence', 'absence'];

const of = <K extends RuleKind>(kind: K) => z.strictObject({ kind: z.literal(kind), ...KIND_SHAPES[kind] });

export const RuleDocument = z.discriminatedUnion('kind', [
  of('threshold'),
  of('distinct'),
  of('ratio'),
  of('new-term'),
  of('sequence'),
  of('absence'),
]);
export type RuleDocument = z.infer<typeof RuleDocument>;
