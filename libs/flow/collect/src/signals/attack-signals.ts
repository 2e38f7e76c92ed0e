import {
  formatAttacks,
  MAX_ATTACK_SCORE,
  parseAttacks,
  type AttackFamily,
} from '@outrider/domain/signals/attack-family';
import { BoundedCache } from '../entry/bounded-cache.ts';
import type { AttackRule } from './attack-rule.ts';
import type { HeaderSuspects } from './header-signals.ts';
import { maySignal } from './prefilter.ts';
import { COMMAND_RULES } from './rules/command.rules.ts';
import { CRLF_RULES, PROTOTYPE_RULES, SSTI_RULES, XXE_RULES } from './rules/expression.rules.ts';
import { RFI_RULES, TRAVERSAL_RULES } from './rules/file.rules.ts';
import { JNDI_RULES } from './rules/jndi.rules.ts';
import { NOSQL_RULES } from './rules/nosql.rules.ts';
import { SQLI_RULES } from './rules/sqli.rules.ts';
import { SSRF_RULES } from './rules/ssrf.rules.ts';
import { XSS_RULES } from './rules/xss.rules.ts';
import { PLACE, Subject } from './subject.ts';

/** Characters looked at: this much of the beginning of each part, and this much of its end. */
const MAX_BEGINNING = 8_192;
const MAX_END = 1_024;
/** Suspicious parameters of one request that are looked at closely; the first so many. */
const MAX_SUBJECTS = 64;
const MAX_NAME = 128;
const CACHED_TEXTS = 4_096;
const MAX_CACHED_TEXT = 512;

const RULES: readonly AttackRule[] = [
  ...COMMAND_RULES, ...CRLF_RULES, ...JNDI_RULES, ...NOSQL_RULES, ...PROTOTYPE_RULES, ...RFI_RULES, ...SQLI_RULES, ...SSRF_RULES,
  ...SSTI_RULES, ...TRAVERSAL_RULES, ...XSS_RULES, ...XXE_RULES,
]; // prettier-ignore

const rulesFor = (place: number): readonly AttackRule[] => RULES.filter((rule) => (rule.places & place) !== 0);
const RULES_OF = new Map(Object.values(PLACE).map((place) => [place as number, rulesFor(place)]));

/** A rule counts once per request, however often its text is repeated. */
interface Scores {
  readonly sums: Map<AttackFamily, number>;
  readonly rules: Set<AttackRule>;
}

const noScores = (): Scores => ({ sums: new Map(), rules: new Set() });

/**
 * Which injections the raw parts of a request show: `sqli:8,xss:5` (see ApiEvent.attacks), `''` for nearly all. Nothing is kept of the texts.
 * Cost: one pass over the characters for a clean request; linear in at most about 9 KiB a part for any.
 */
export const attackSignals = (rawPath: string, rawQuery: string, userAgent: string, referer: string): string => {
  let scores: Scores | undefined;
  const path = bounded(rawPath);
  if (path !== '' && maySignal(path, 0, path.length, false)) scores = addAll(rulesInPath(path), scores);
  if (rawQuery !== '') scores = judgeQuery(bounded(rawQuery), scores);
  if (userAgent !== '') scores = addAll(remembered(userAgent, AGENTS, agentScores), scores);
  if (referer !== '') scores = addAll(remembered(referer, REFERERS, refererScores), scores);
  return scores === undefined ? '' : formatAttacks(scores.sums);
};

/**
 * The same for a request target in one piece; `mark` is where its `?` stands, -1 without one. Scans the target where it lies: most show
 * nothing, and are never cut in two.
 */
export const attackSignalsOfUri = (uri: string, mark: number, userAgent: string, referer: string): string => {
  const end = mark === -1 ? uri.length : mark;
  const looks =
    uri.length > MAX_BEGINNING ||
    maySignal(uri, 0, end, false) ||
    (mark !== -1 && maySignal(uri, mark + 1, uri.length, true));
  if (!looks) return attackSignals('', '', userAgent, referer);
  return attackSignals(uri.slice(0, end), mark === -1 ? '' : uri.slice(mark + 1), userAgent, referer);
};

/** `attacks` with what header texts show as well; those of look-ups are read for Log4Shell alone, quoted ones for SQL too. */
export const withHeaders = (attacks: string, { addresses, lookups, quoted }: HeaderSuspects): string => {
  let scores: Scores | undefined;
  for (const text of addresses) scores = addAll(remembered(text, VALUES, valueScores), scores);
  for (const text of lookups)
    scores = addAll(remembered(text, TEXTS, textScores).filter(({ family }) => family === 'jndi'), scores); // prettier-ignore
  for (const text of quoted)
    scores = addAll(remembered(text, TEXTS, textScores).filter(({ family }) => family === 'jndi' || family === 'sqli'), scores); // prettier-ignore
  if (scores === undefined) return attacks;
  for (const { family, score } of parseAttacks(attacks))
    scores.sums.set(family, Math.min(MAX_ATTACK_SCORE, Math.max(score, scores.sums.get(family) ?? 0)));
  return formatAttacks(scores.sums);
};

const bounded = (text: string): string =>
  text.length <= MAX_BEGINNING + MAX_END ? text : `${text.slice(0, MAX_BEGINNING)} ${text.slice(-MAX_END)}`;

const judgeQuery = (query: string, before: Scores | undefined): Scores | undefined => {
  let scores = before;
  if (!maySignal(query, 0, query.length, true)) return before;
  let looked = 0;
  for (let at = 0; at <= query.length && looked < MAX_SUBJECTS;) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    if (end > at && maySignal(query, at, end, true)) {
      scores = addAll(rulesInParameter(query.slice(at, end)), scores);
      looked++;
    }
    at = end + 1;
  }
  // what `&` itself is a part of: && of shells, &lt; of pages
  if (query.includes('&&') || query.includes('&lt') || query.includes('&#') || query.includes('&%23'))
    return judge(new Subject(query, PLACE.value, ''), scores);
  return scores;
};

const parameterScores = (parameter: string): Scores | undefined => {
  const equals = parameter.indexOf('=');
  const rawName = equals === -1 ? parameter : parameter.slice(0, equals);
  const name = new Subject(rawName, PLACE.name, '');
  let scores = judge(name, undefined);
  // a payload that holds a `=` of its own, or none at all, begins in the name
  if (equals === -1 || maySignal(rawName, 0, rawName.length, true))
    scores = judge(new Subject(parameter, PLACE.value, ''), scores);
  if (equals === -1 || equals === parameter.length - 1) return scores;
  return judge(new Subject(parameter.slice(equals + 1), PLACE.value, name.plain.slice(0, MAX_NAME)), scores);
};

const judge = (subject: Subject, before: Scores | undefined): Scores | undefined => {
  let scores = before;
  for (const rule of RULES_OF.get(subject.place) ?? []) {
    if ((subject.has & rule.needs) !== rule.needs || scores?.rules.has(rule)) continue;
    const sum = scores?.sums.get(rule.family) ?? 0;
    if (sum >= MAX_ATTACK_SCORE || !rule.matches(subject)) continue;
    scores ??= noScores();
    add(scores, rule);
  }
  return scores;
};

const add = ({ sums, rules }: Scores, rule: AttackRule): void => {
  rules.add(rule);
  sums.set(rule.family, (sums.get(rule.family) ?? 0) + rule.score);
};

/** Texts come again and again: what they were found to show is remembered, of suspicious paths and parameters too. */
const CLEAN: readonly AttackRule[] = [];
const AGENTS = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);
const REFERERS = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);

const TEXTS = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);
/** Of headers whose whole text takes the place of a value: nothing honest looks like an attack there. */
const VALUES = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);
const PATHS = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);
const PARAMETERS = new BoundedCache<readonly AttackRule[]>(CACHED_TEXTS);

/** What `find` says of the text, remembered for texts that are short enough. */
const remembered = (
  raw: string,
  cache: BoundedCache<readonly AttackRule[]>,
  find: (raw: string) => Scores | undefined,
): readonly AttackRule[] => {
  const known = raw.length <= MAX_CACHED_TEXT ? cache.get(raw) : undefined;
  if (known !== undefined) return known;
  const found = find(raw);
  const rules = found === undefined ? CLEAN : [...found.rules];
  if (raw.length <= MAX_CACHED_TEXT) cache.set(raw, rules);
  return rules;
};

const inText = (raw: string, place: number): Scores | undefined => {
  const text = bounded(raw);
  return maySignal(text, 0, text.length, false) ? judge(new Subject(text, place, ''), undefined) : undefined;
};

const rulesInPath = (raw: string): readonly AttackRule[] => remembered(raw, PATHS, pathScores);
const rulesInParameter = (raw: string): readonly AttackRule[] => remembered(raw, PARAMETERS, parameterScores);
const pathScores = (raw: string): Scores | undefined => judge(new Subject(raw, PLACE.path, ''), undefined);
const valueScores = (raw: string): Scores | undefined => inText(raw, PLACE.value);
/** A client names itself, a page has an address: what is neither was put there. */
const agentScores = (raw: string): Scores | undefined => inText(raw, IS_NO_NAME.test(raw) ? PLACE.value : PLACE.agent);
const textScores = (raw: string): Scores | undefined => inText(raw, PLACE.agent);
const refererScores = (raw: string): Scores | undefined => inText(raw, IS_ADDRESS.test(raw) ? PLACE.referer : PLACE.value); // prettier-ignore
const IS_NO_NAME = /^\s*['\d)\-;|&<{*%]/;
const IS_ADDRESS = /^\s*(?:[a-z][a-z0-9+.-]{1,20}:|\/|\$\{|[\w-]+(?:\.[\w-]+)+(?:[:/]|$))/i;

const addAll = (rules: readonly AttackRule[], before: Scores | undefined): Scores | undefined => {
  if (rules.length === 0) return before;
  const scores = before ?? noScores();
  for (const rule of rules)
    if (!scores.rules.has(rule) && (scores.sums.get(rule.family) ?? 0) < MAX_ATTACK_SCORE) add(scores, rule);
  return scores;
};
