import * as z from 'zod';
import type { Severity } from '@outrider/domain/detection/alert';
import type { Condition } from '@outrider/domain/rules/condition';
import { eventField } from '@outrider/domain/rules/event-fields';
import { shown } from '../file/problem.ts';
import { durationMs } from '../file/rule.schema.ts';
import { defaultEntity } from '../file/rule-document.ts';
import { suggestion } from '../file/schema-problems.ts';
import type { YamlPath, YamlSource } from '../file/yaml-source.ts';
import { RULE_LIMITS } from '../rule-limits.ts';
import type { Rule, RuleCommon } from '../rule.ts';
import { sigmaField, sigmaFieldNames, storedField } from './sigma-fields.ts';

/** Only what is used is looked at: Sigma's other keys are for people. */
const Levels = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
export const SigmaHead = z.looseObject({
  title: z.string().trim().min(1).max(512),
  id: z.string().max(64).optional(),
  name: z.string().max(128).optional(),
  status: z.string().max(64).optional(),
  description: z.string().max(8_192).optional(),
  author: z.string().max(1_024).optional(),
  level: Levels.default('medium'),
  tags: z.array(z.string().max(128)).max(100).default([]),
  falsepositives: z
    .union([z.array(z.string().nullable()), z.string()])
    .nullable()
    .optional(),
});
export type SigmaHead = z.infer<typeof SigmaHead>;

/** A detection that was read, by the names that a correlation may call it. */
export interface SigmaDetected {
  readonly names: readonly string[];
  readonly rule: Rule;
  readonly where: Condition;
}

const DEFAULT_WINDOW_MS = 300_000;

/** Ms; the default where none is given. */
export const timeframeOf = (source: YamlSource, given: string | undefined, path: YamlPath): number => {
  if (given === undefined) return DEFAULT_WINDOW_MS;
  const ms = durationMs(given.toLowerCase());
  if (ms !== undefined && ms >= RULE_LIMITS.minWindowMs && ms <= RULE_LIMITS.maxWindowMs) return ms;
  source.report(path, {
    message: ms === undefined ? 'is no duration' : 'is out of bounds',
    found: shown(given),
    allowed: 'from 10s to 24h',
  });
  return DEFAULT_WINDOW_MS;
};

/** A field to count by, as it is stored. */
export const groupField = (source: YamlSource, name: string, path: YamlPath): string | undefined => {
  const field = sigmaField(name);
  const stored = field === undefined ? undefined : storedField(field);
  if (stored !== undefined && eventField(stored)) return stored;
  source.report(path, {
    message: 'counts by a field that is not known or not stored',
    found: shown(name),
    ...suggestion(name, sigmaFieldNames()),
  });
  return undefined;
};

/** What every rule has, from Sigma's head. */
export const commonOf = (
  source: YamlSource,
  head: SigmaHead,
  groupBy: readonly string[],
  windowMs: number,
): RuleCommon => ({
  id: idOf(head),
  title: head.title,
  description: (head.description ?? head.title).trim(),
  severity: SEVERITY[head.level],
  confidence: CONFIDENCE[head.status ?? ''] ?? 0.5,
  mapping: { owasp: [], attack: head.tags.flatMap(attackId) },
  falsePositives: [head.falsepositives ?? []].flat().filter((text): text is string => typeof text === 'string'),
  enabled: true,
  simulate: false,
  exceptions: [],
  groupBy,
  entity: defaultEntity(groupBy),
  windowMs,
  origin: {
    format: 'sigma',
    file: source.file,
    line: source.line,
    ...(head.author === undefined ? {} : { author: head.author }),
    ...(head.id === undefined ? {} : { originalId: head.id }),
  },
});

const SEVERITY: Readonly<Record<z.infer<typeof Levels>, Severity>> = {
  informational: 'info',
  low: 'low',
  medium: 'medium',
  high: 'high',
  critical: 'critical',
};
/** How far Sigma's authors trust a rule. */
const CONFIDENCE: Readonly<Record<string, number>> = { stable: 0.9, test: 0.7, experimental: 0.5 };

/** `sigma-sql-injection-strings-in-uri-5513deaf`: to be read, and its own. */
const idOf = (head: SigmaHead): string => {
  const slug = head.title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 44)
    .replace(/-+$/, '');
  const suffix = (head.id ?? head.name ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 8);
  return ['sigma', slug, suffix].filter((part) => part !== '').join('-');
};

const attackId = (tag: string): readonly string[] => {
  const [, id] = /^attack\.(t[a]?\d{4}(?:\.\d{3})?)$/i.exec(tag) ?? [];
  return id === undefined ? [] : [id.toUpperCase()];
};
