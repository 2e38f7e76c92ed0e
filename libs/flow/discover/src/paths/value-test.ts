import { isReservedName, isSelfName, isVersionName, nameLikeness } from '@outrider/domain/traffic/paths/name-words';
import { SUFFIX } from '@outrider/domain/traffic/paths/path-tokens';
import type { TestSettings } from './template-settings.ts';
import { popCount, type TrieNode } from './trie-node.ts';

/**
 * Whether the unproven tokens at one place of the tree are values of a parameter. Names of an API are few, come back, and lead to
 * different things; values keep coming anew, and all lead to the same things.
 */
export const areValues = (node: TrieNode, service: ServiceEvidence, settings: TestSettings): boolean => {
  const { names } = node;
  if (names === undefined || node.forced || names.size + node.evicted < 2) return false;
  if (!comesFromSeveral(node, settings)) return false;
  const look = lookAt(node);
  if (look.distinct < 2 || look.hits === 0) return false;
  const novelty = look.singles / look.hits;
  if (isEndless(look, novelty, node)) return true;
  const after = service.isParameterAfter(node);
  if (after === 'same values' && look.likeness < 0.5) return true;
  if (after === 'same place' && look.distinct >= 4 && novelty >= 0.3 && look.likeness < 0.5) return true;
  if (isLikeParameter(node, look)) return true;
  if (sharesManyNames(node, look) || leadAlike(node, look)) return true;
  if (leadsApart(look, look.likeness < 0 ? 8 : 3)) return false;
  return keepsComing(node, look, novelty, service.successes, settings);
};

export interface ServiceEvidence {
  /** Answers below 400 in all. */
  readonly successes: number;
  /** At another place, what follows the same name was found to be a parameter with values like these. */
  isParameterAfter(node: TrieNode): 'same values' | 'same place' | undefined;
}

/** One caller alone teaches nothing at once: it may be a scanner before a server that says 200 to everything. */
const comesFromSeveral = (node: TrieNode, settings: TestSettings): boolean => {
  if (popCount(node.makingHours) >= settings.lonelyHours) return true;
  return popCount(node.makers) >= settings.minCallers && node.mainMakerLead * 3 <= node.made * 2;
};

interface Look {
  readonly distinct: number;
  /** Seen once. */
  readonly singles: number;
  readonly hits: number;
  /** Mean of `nameLikeness`, -1 … 1. */
  readonly likeness: number;
  /** How much likelier two successes lead to the same next token when they share this one; 1 for values. */
  readonly apart: number;
  /** Pairs behind `apart`. */
  readonly pairs: number;
  /** Next name → how many of the children lead to it. */
  readonly next: ReadonlyMap<string, number>;
  readonly nextHits: ReadonlyMap<string, number>;
}

const lookAt = (node: TrieNode): Look => {
  let distinct = node.evicted;
  let singles = node.evictedSingles;
  let hits = node.evicted;
  let likeness = 0;
  let rated = 0;
  let samePairs = 0;
  let sameAgree = 0;
  const next = new Map<string, number>();
  const nextHits = new Map<string, number>();
  for (const [token, child] of node.names ?? []) {
    if (token.startsWith(SUFFIX) || child.pinned || isReservedName(token)) continue;
    distinct++;
    hits += child.hits;
    if (child.hits === 1) singles++;
    likeness += nameLikeness(token);
    rated++;
    // Capped, so that one token that is called all day does not speak for the others.
    const scale = child.hits > 50 ? 50 / child.hits : 1;
    samePairs += (child.hits * scale * (child.hits * scale - 1)) / 2;
    eachNext(child, (name, count) => {
      const scaled = count * scale;
      sameAgree += (scaled * (scaled - 1)) / 2;
      next.set(name, (next.get(name) ?? 0) + 1);
      nextHits.set(name, (nextHits.get(name) ?? 0) + scaled);
    });
  }
  let all = 0;
  let agree = 0;
  for (const count of nextHits.values()) {
    all += count;
    agree += (count * (count - 1)) / 2;
  }
  const pairs = Math.max(0, samePairs);
  const otherPairs = (all * (all - 1)) / 2 - pairs;
  const within = pairs > 0 ? Math.max(0, sameAgree) / pairs : 0;
  const across = otherPairs > 0 ? Math.max(0, agree - sameAgree) / otherPairs : 0;
  const apart = within === 0 ? 1 : within / Math.max(across, 0.01);
  return { distinct, singles, hits, likeness: rated === 0 ? 0 : likeness / rated, apart, pairs, next, nextHits };
};

/** Methods that end here, names, and the parameter. */
const eachNext = (node: TrieNode, visit: (name: string, hits: number) => void): void => {
  for (const [method, endpoint] of node.endpoints ?? []) visit(`\u0002${method}`, endpoint.successes);
  for (const [token, child] of node.names ?? []) visit(token, child.hits);
  if (node.param !== undefined) visit('\u0003', node.param.hits);
};

const leadsApart = (look: Look, times: number): boolean => look.pairs >= 20 && look.apart >= times;

/** More than any API has names at one place. */
const isEndless = (look: Look, novelty: number, node: TrieNode): boolean => {
  const enough = node.parent === undefined ? 4 : 1;
  return (
    (look.distinct >= 150 * enough && novelty >= (look.likeness > 0.3 ? 0.15 : 0.06)) ||
    (look.distinct >= 400 * enough && novelty >= 0.02)
  );
};

/** Beside values that are proven (numbers …), tokens that lead to the very names that those lead to. */
const isLikeParameter = (node: TrieNode, look: Look): boolean => {
  const names = node.param?.names;
  if (names === undefined || node.param === undefined) return false;
  let shared = 0;
  let sharedHits = 0;
  let otherHits = 0;
  for (const [name, hits] of look.nextHits) {
    if (name.startsWith('\u0002')) continue;
    if (names.has(name)) {
      shared++;
      sharedHits += hits;
    } else otherHits += hits;
  }
  return shared >= 2 && sharedHits >= 5 && otherHits * 9 <= sharedHits && look.distinct >= 2;
};

/** Few, but each leads to the same many names: tenants, regions, namespaces. */
const sharesManyNames = (node: TrieNode, look: Look): boolean => {
  if (node.parent === undefined || look.distinct < 3) return false;
  let shared = 0;
  let sharedHits = 0;
  let all = 0;
  for (const [name, children] of look.next) {
    const hits = look.nextHits.get(name) ?? 0;
    all += hits;
    if (name.startsWith('\u0002') || name.startsWith('\u0003') || isVersionName(name)) continue;
    if (children >= 3 && children * 2 >= look.distinct) {
      shared++;
      sharedHits += hits;
    }
  }
  return shared >= 4 && sharedHits * 10 >= all * 7 && look.apart < 2.5;
};

/** At the root and right after a parameter stand names, nearly always: `/employments/{id}/wages`. It takes that many times more to doubt it. */
const NAMES_EXPECTED = 3;

/**
 * Many, used again and again, and whichever it is, the same follows. Names that come back are everybody's; values are their owner's (users
 * who call daily), or more than any API has names at one place (a catalogue).
 */
const leadAlike = (node: TrieNode, look: Look): boolean => {
  if (look.likeness >= 0.25 || look.pairs < 50 || look.apart >= 1.3) return false;
  const top = node.parent === undefined ? NAMES_EXPECTED : 1;
  if (look.distinct >= 300 * top) return true;
  return look.distinct >= (look.likeness <= -0.15 ? 12 : 25) * top && areOwned(node);
};

/** Uses of a name by which its callers are known. */
const MIN_USES = 6;

/** Each of them has one caller or two, of many. */
const areOwned = (node: TrieNode): boolean => {
  if (popCount(node.callers) < 6) return false;
  let owned = 0;
  let shared = 0;
  for (const child of node.names?.values() ?? []) {
    if (child.hits < MIN_USES) continue;
    if (popCount(child.callers) <= 2) owned++;
    else shared++;
  }
  return owned >= 20 && owned >= shared * 4;
};

/** Still new ones although many were seen. Words of APIs need far more to be taken for values. */
const keepsComing = (
  node: TrieNode,
  look: Look,
  novelty: number,
  serviceSuccesses: number,
  settings: TestSettings,
): boolean => {
  const { distinct, likeness } = look;
  const top = node.parent === undefined || (node.isParam && likeness > -0.15) ? NAMES_EXPECTED : 1;
  if (likeness <= -0.5) return distinct >= 4 * top && novelty >= 0.08;
  if (likeness <= -0.15) return distinct >= 8 * top && novelty >= 0.08;
  if (serviceSuccesses < settings.warmSuccesses * top) return false;
  if (likeness >= 0.35)
    return (distinct >= 60 * top && novelty >= 0.3) || (likeness < 0.6 && distinct >= 30 * top && novelty >= 0.5);
  if (likeness >= 0.15) return distinct >= 25 * top && novelty >= 0.2;
  return (
    (distinct >= 8 * top && novelty >= 0.3) ||
    (distinct >= 16 * top && novelty >= 0.15) ||
    (distinct >= 40 * top && novelty >= 0.08)
  );
};

/** Whether words of APIs are names among these tokens: they come back often, or the others look otherwise. */
export const doWordsTell = (node: TrieNode): boolean => {
  let words = 0;
  let wordHits = 0;
  let others = 0;
  let otherHits = 0;
  let likeness = 0;
  for (const [token, child] of node.names ?? []) {
    if (token.startsWith(SUFFIX) || child.pinned || isReservedName(token)) continue;
    const like = nameLikeness(token);
    likeness += like;
    if (like === 1) {
      words++;
      wordHits += child.hits;
    } else {
      others++;
      otherHits += child.hits;
    }
  }
  if (others === 0) return false;
  return likeness <= 0.1 * (words + others) || (words > 0 && wordHits / words >= 3 * (otherHits / others));
};

/** Four of five look like values: by their shape, or by their letters. */
export const doLettersTell = (node: TrieNode): boolean => {
  const param = node.param;
  let like = param === undefined ? 0 : Math.min(param.hits - param.untyped, 20);
  let all = like;
  for (const [token, child] of node.names ?? []) {
    if (token.startsWith(SUFFIX) || child.pinned || isReservedName(token) || nameLikeness(token) === 1) continue;
    all++;
    if (nameLikeness(token) === -1) like++;
  }
  return like >= 8 && like * 5 >= all * 4;
};

/** Neither a word that is known nor what looks like a value. */
export const isPlainName = (token: string): boolean => nameLikeness(token) === 0 && !/\d/.test(token);

/** They keep coming after all. */
export const areWordsValues = (node: TrieNode): boolean => {
  let distinct = 0;
  let singles = 0;
  let hits = 0;
  for (const [token, child] of node.names ?? []) {
    if (child.pinned || !isPlainName(token)) continue;
    distinct++;
    hits += child.hits;
    if (child.hits === 1) singles++;
  }
  return distinct >= 12 && singles * 10 >= hits * 3;
};

/** Not all are values, but those are that look like it: `/cards/{id}/f3x9k2` beside `/cards/{id}/members`. */
export const haveValuesAmong = (node: TrieNode, settings: TestSettings): boolean => {
  if (node.names === undefined || node.forced || !comesFromSeveral(node, settings)) return false;
  let distinct = 0;
  let singles = 0;
  let hits = 0;
  for (const [token, child] of node.names) {
    if (child.pinned || nameLikeness(token) !== -1) continue;
    distinct++;
    hits += child.hits;
    if (child.hits === 1) singles++;
  }
  return distinct >= 4 && singles >= hits * 0.08;
};

/** Whether a token stays a name although its siblings were found to be values. */
export const staysName = (token: string, child: TrieNode, node: TrieNode): boolean => {
  if (child.pinned || token.startsWith(SUFFIX)) return true;
  if (!node.generic) return nameLikeness(token) !== -1;
  if (isReservedName(token) || (node.wordsTell && nameLikeness(token) === 1))
    return !isOneOfTheValues(token, child, node);
  if (child.hits < 12 || popCount(child.callers) < 2) return false;
  const siblings = node.nameHits - child.hits + (node.param?.hits ?? 0);
  if (siblings < 60 || siblings < child.hits) return false;
  const { own, all } = ownShare(child, node, token);
  return all > 0 && own * 10 >= all * 6;
};

/** Leads to names that the parameter leads to, and to nothing else: `/orgs/search/members`, if an organisation is called so. */
export const isOneOfTheValues = (token: string, child: TrieNode, node: TrieNode): boolean => {
  if (isSelfName(token) || child.pinned || node.param === undefined || child.names === undefined) return false;
  let shared = 0;
  let own = 0;
  for (const [next, below] of child.names)
    if (node.param.names?.has(next) === true) shared += below.hits;
    else own += below.hits;
  return shared >= 2 && own * 9 <= shared && !endsMoreThan(child, node.param);
};

/** It is asked for itself far more often than a value is: `/projects/search` although a project is called `search` as well. */
const endsMoreThan = (child: TrieNode, param: TrieNode): boolean => {
  const own = endedAt(child);
  return own >= 12 && own * param.hits >= 3 * Math.max(1, endedAt(param)) * child.hits;
};

const endedAt = (node: TrieNode): number => {
  let hits = 0;
  for (const { successes } of node.endpoints?.values() ?? []) hits += successes;
  return hits;
};

/** Successes of the child that lead where neither the parameter nor another value leads. */
const ownShare = (child: TrieNode, node: TrieNode, token: string) => {
  let own = 0;
  let all = 0;
  eachNext(child, (next, hits) => {
    all += hits;
    const isElsewhere = leadsTo(node, token, (other) => leadsOnTo(other, next));
    if (!isElsewhere) own += hits;
  });
  return { own, all };
};

/** Another value, or the parameter itself, leads there. */
const leadsTo = (node: TrieNode, token: string, test: (other: TrieNode) => boolean): boolean => {
  if (node.param !== undefined && test(node.param)) return true;
  for (const [name, other] of node.names ?? []) if (name !== token && test(other)) return true;
  return false;
};

/** Callers and answers of a name that is known in spite of values beside it, and how many of its siblings may lead where it leads. */
const CERTAIN = { hits: 24, callers: 6, alike: 3 } as const;

/** `/devices/{id}/locate` and `/unlocate` beside the rare names of images: few take a POST, and all callers make it. */
const leadsWhereFewDo = (child: TrieNode, node: TrieNode): boolean => {
  if (child.hits < CERTAIN.hits || popCount(child.callers) < CERTAIN.callers) return false;
  let own = 0;
  let all = 0;
  eachNext(child, (next, hits) => {
    all += hits;
    let alike = 0;
    for (const other of node.names?.values() ?? []) if (other !== child && leadsOnTo(other, next)) alike++;
    if (alike <= CERTAIN.alike && alike * 4 <= (node.names?.size ?? 0)) own += hits;
  });
  return own * 10 >= all * 9;
};

const leadsOnTo = (node: TrieNode, next: string): boolean => {
  if (next.startsWith('\u0002')) return node.endpoints?.has(next.slice(1)) === true;
  return next === '\u0003' ? node.param !== undefined : node.names?.has(next) === true;
};

/** Whether names at this place have been seen long enough for each to be shown as one. */
export const areSettled = (node: TrieNode, token: string, child: TrieNode): boolean => {
  if (child.pinned || isReservedName(token) || token.startsWith(SUFFIX) || node.forced) return true;
  const likeness = nameLikeness(token);
  let distinct = node.evicted;
  let singles = node.evictedSingles;
  let hits = node.evicted;
  for (const other of node.names?.values() ?? []) {
    distinct++;
    hits += other.hits;
    if (other.hits === 1) singles++;
  }
  const novelty = hits === 0 ? 0 : singles / hits;
  if (likeness === 1) return novelty < 0.5;
  if (likeness === 0 && leadsWhereFewDo(child, node)) return true;
  if (likeness === -1) return hits >= 40 && novelty < 0.02;
  return distinct <= 2 ? novelty < 0.2 : novelty < 0.1;
};
