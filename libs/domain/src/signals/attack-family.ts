import * as z from 'zod';

/** Kinds of injection that a request line, user agent or referer can show. */
export const AttackFamily = z.enum([
  'command', // shell, PHP or expression code that starts a program
  'crlf', // header or response splitting
  'jndi', // Log4Shell and other lookups
  'nosql', // operators of document stores
  'prototype', // prototype pollution
  'rfi', // code included from elsewhere
  'sqli',
  'ssrf', // the server made to ask inner addresses
  'ssti', // template and expression languages
  'traversal', // files outside of what is served
  'xss',
  'xxe',
]);
export type AttackFamily = z.infer<typeof AttackFamily>;

/** One strong sign is enough to call a request an attack of that family; a warning alone is not. */
export const CRITICAL_SCORE = 5;
export const WARNING_SCORE = 3;
/** Per family and request. */
export const MAX_ATTACK_SCORE = 25;

export interface AttackScore {
  readonly family: AttackFamily;
  readonly score: number;
}

/** `ApiEvent.attacks` of these scores: `sqli:8,xss:5`, sorted by family, each at most MAX_ATTACK_SCORE; families of score 0 are left out. */
export const formatAttacks = (scores: ReadonlyMap<AttackFamily, number>): string =>
  [...scores]
    .filter(([, score]) => score > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([family, score]) => `${family}:${Math.min(score, MAX_ATTACK_SCORE)}`)
    .join(',');

const FAMILIES: ReadonlySet<string> = new Set(AttackFamily.options);

/** What `formatAttacks` wrote; parts that it cannot have written are left out. */
export const parseAttacks = (attacks: string): readonly AttackScore[] => {
  if (attacks === '') return NONE;
  const found: AttackScore[] = [];
  for (const part of attacks.split(',')) {
    const colon = part.indexOf(':');
    const family = part.slice(0, colon);
    const score = Number(part.slice(colon + 1));
    if (isFamily(family) && Number.isInteger(score) && score > 0) found.push({ family, score });
  }
  return found;
};

const NONE: readonly AttackScore[] = Object.freeze([]);

const isFamily = (text: string): text is AttackFamily => FAMILIES.has(text);
