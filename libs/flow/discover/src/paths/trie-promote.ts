import { nameLikeness } from '@outrider/domain/traffic/paths/name-words';
import type { EndpointRecord } from './endpoint-record.ts';
import type { ValueUse } from './ended-values.ts';
import type { PathTrie } from './path-trie.ts';
import { setVia } from './trie-merge.ts';
import { hashOf, popCount, type TrieNode } from './trie-node.ts';

/** A name that is taken for a value leads somewhere that nearly all callers, and no other value, lead to. */
const MIN_CALLERS = 4;
const MAX_SHARE = 0.3;
/** Successes of an endpoint that few values have, of one of these, and of other endpoints at the same place. */
const MIN_ENDED = 24;
const MIN_OF_VALUE = 12;
const MIN_OTHERS = 24;
/** Of so many values each is judged by itself; of more, all of them must be asked for nothing else. */
const FEW_VALUES = 8;
/** Part of a value's uses that this, and the like of it, must be. */
const ALONE = 0.5;
const ALONE_OF_MANY = 0.8;
/** Untyped values of which each is counted. */
const MANY_VALUES = 12;

/** A node below a parameter that only one of its values leads to, for many callers: the value is a name. */
export const promoteValue = (trie: PathTrie, node: TrieNode): void => {
  const param = node.parent;
  const at = param?.parent;
  if (param === undefined || at === undefined || !param.isParam || !at.generic || at.forced) return;
  if (popCount(node.callers) < MIN_CALLERS) return;
  const [value, count] = [...(param.topValues ?? [])].find(([token]) => (hashOf(token) || 1) === node.via) ?? [];
  if (value === undefined || count === undefined || count > mostOf(param, value)) return;
  const name = trie.makeAt(at, value, false);
  name.hits += node.hits;
  name.callers |= node.callers;
  name.hours |= node.hours;
  name.pinned = true;
  hang(node, param, name);
  setVia(node, 0);
  trie.rewrite(node);
};

/** A tenant may have a large part of what its peers have; a word beside values that are proven is none of them, however often it comes. */
const mostOf = (param: TrieNode, value: string): number => {
  const isBesideProven = param.hits - param.untyped >= MIN_OTHERS && nameLikeness(value) !== -1;
  return (isBesideProven ? param.hits : param.untyped) * MAX_SHARE;
};

/** The subtree of `node` goes from the parameter to the name. */
const hang = (node: TrieNode, param: TrieNode, name: TrieNode): void => {
  if (node.isParam) {
    param.param = undefined;
    if (name.param !== undefined) return;
    name.param = node;
  } else {
    param.names?.delete(node.token);
    name.names ??= new Map();
    if (name.names.has(node.token)) return;
    name.names.set(node.token, node);
  }
  node.parent = name;
};

/**
 * Values that alone are asked with a method, and for nearly nothing else, are names: `POST /ips/share`, `PUT /boards/{id}/closed`. A
 * tenant that alone uses something is asked for all other things as well.
 */
export const promoteEnds = (trie: PathTrie, record: EndpointRecord): void => {
  const param = record.node;
  const at = param.parent;
  const { values } = record;
  if (at === undefined || !param.isParam || !at.generic || at.forced || values === undefined || values.isOpen) return;
  if (record.successes < MIN_ENDED || param.hits - record.successes < MIN_OTHERS || !hasManyValues(param)) return;
  let counted = 0;
  for (const { hits } of values.uses.values()) counted += hits;
  if (counted !== record.successes) return;
  const share = values.uses.size > FEW_VALUES ? ALONE_OF_MANY : ALONE;
  const names = [...values.uses].filter(
    ([token, use]) => isUsed(token, use) && isForThisAlone(token, use, param, share),
  );
  // of so many, some of which go on, none is a name: regions, zones
  if (share === ALONE_OF_MANY && names.length < [...values.uses].filter(([token, use]) => isUsed(token, use)).length)
    return;
  for (const [token, use] of names) {
    values.uses.delete(token);
    splitOff(trie, record, at, token, use);
  }
};

const isUsed = (token: string, { hits, callers }: ValueUse): boolean =>
  hits >= MIN_OF_VALUE && popCount(callers) >= MIN_CALLERS && nameLikeness(token) !== -1;

/** Of a value that is not counted it is not known; so more is asked of it. What it is asked for by other methods that few values have is no other use. */
const isForThisAlone = (token: string, { hits, callers }: ValueUse, param: TrieNode, share: number): boolean => {
  const all = param.topValues?.get(token);
  if (all === undefined) return hits >= MIN_ENDED && popCount(callers) >= 2 * MIN_CALLERS;
  let ended = 0;
  for (const { values } of param.endpoints?.values() ?? [])
    if (values?.isOpen === false) ended += values.uses.get(token)?.hits ?? 0;
  return ended >= all * share;
};

const hasManyValues = (param: TrieNode): boolean =>
  (param.topValues?.size ?? 0) >= MANY_VALUES || param.hits - param.untyped >= MIN_OTHERS;

const splitOff = (
  trie: PathTrie,
  from: EndpointRecord,
  at: TrieNode,
  token: string,
  { hits, callers }: ValueUse,
): void => {
  const name = trie.makeAt(at, token, false);
  name.hits += hits;
  name.callers |= callers;
  name.hours |= from.hours;
  name.lastAt = Math.max(name.lastAt, from.lastAt);
  name.pinned = true;
  at.nameHits += hits;
  const param = from.node;
  param.hits -= hits;
  param.untyped -= hits;
  const left = (param.topValues?.get(token) ?? 0) - hits;
  if (left > 0) param.topValues?.set(token, left);
  else param.topValues?.delete(token);
  from.successes -= hits;
  const record = trie.endpointAt(name, from.method, Infinity);
  if (record === undefined) return;
  record.firstAt = record.successes === 0 ? from.firstAt : Math.min(record.firstAt, from.firstAt);
  record.lastAt = Math.max(record.lastAt, from.lastAt);
  record.successes += hits;
  record.callers |= callers;
  record.hours |= from.hours;
  if (from.known && from.successes === 0) {
    param.endpoints?.delete(from.method);
    trie.noteReplaced(from, record);
  } else if (from.known) trie.show(record);
  else if (from.successes === 0) param.endpoints?.delete(from.method);
  trie.rewrite(name);
};
