import { EndedValues } from './ended-values.ts';
import type { EndpointRecord } from './endpoint-record.ts';
import type { PathTrie } from './path-trie.ts';
import { isReservedName, nameLikeness } from '@outrider/domain/traffic/paths/name-words';
import { SUFFIX } from '@outrider/domain/traffic/paths/path-tokens';
import { hashOf, type TrieNode } from './trie-node.ts';
import { staysName } from './value-test.ts';

const MAX_TOP_VALUES = 16;
const MAX_NOT_NAMES = 128;

/** The names at `node` that are values become one with its parameter. */
export const absorbNames = (trie: PathTrie, node: TrieNode, param: TrieNode, all = false): void => {
  const { names } = node;
  if (names === undefined) return;
  const values = [...names].filter(([token, child]) =>
    all ? !child.pinned && !token.startsWith(SUFFIX) : !staysName(token, child, node),
  );
  for (const [token, child] of values) {
    if (node.generic && isReservedOrWord(token)) noteNotName(node, token);
    names.delete(token);
    node.nameHits -= child.hits;
    countValue(param, token, child.hits);
    setVia(child, hashOf(token) || 1);
    for (const record of child.endpoints?.values() ?? []) record.endedWith(token, record.callers, record.successes);
    mergeNodes(trie, param, child);
  }
  node.evicted = 0;
  node.evictedSingles = 0;
};

const isReservedOrWord = (token: string): boolean => isReservedName(token) || nameLikeness(token) === 1;

const noteNotName = (node: TrieNode, token: string): void => {
  const noted = (node.notNames ??= new Set<string>());
  if (noted.size < MAX_NOT_NAMES) noted.add(token);
};

const countValue = (param: TrieNode, token: string, hits: number): void => {
  param.untyped += hits;
  param.kinds ??= new Map();
  param.kinds.set('name', (param.kinds.get('name') ?? 0) + hits);
  const top = (param.topValues ??= new Map<string, number>());
  if (top.size >= MAX_TOP_VALUES) {
    const [least] = [...top].sort((a, b) => a[1] - b[1]);
    if (least === undefined || least[1] >= hits) return;
    top.delete(least[0]);
  }
  top.set(token, hits);
};

/** Down to the next parameter of untyped values, which has its own. */
export const setVia = (node: TrieNode, via: number): void => {
  node.via = via;
  for (const child of node.names?.values() ?? []) setVia(child, via);
  if (node.param !== undefined && node.param.untyped === 0) setVia(node.param, via);
};

/** All that `from` knows goes to `into`; `from` is dead afterwards. */
const mergeNodes = (trie: PathTrie, into: TrieNode, from: TrieNode): void => {
  if (into.via !== from.via) into.via = into.hits === 0 ? from.via : -1;
  into.hits += from.hits;
  into.nameHits += from.nameHits;
  into.callers |= from.callers;
  into.hours |= from.hours;
  into.lastAt = Math.max(into.lastAt, from.lastAt);
  into.makers |= from.makers;
  into.makingHours |= from.makingHours;
  into.generic ||= from.generic;
  into.valueLike ||= from.valueLike;
  into.wordsTell ||= from.wordsTell;
  into.shownName ??= from.shownName;
  for (const token of from.notNames ?? []) noteNotName(into, token);
  into.untyped += from.untyped;
  mergeMaking(into, from);
  if (from.kinds !== undefined) {
    into.kinds ??= new Map();
    for (const [kind, count] of from.kinds) into.kinds.set(kind, (into.kinds.get(kind) ?? 0) + count);
  }
  for (const [value, count] of from.topValues ?? []) addTop(into, value, count);
  for (const record of from.endpoints?.values() ?? []) mergeEndpoint(trie, into, record);
  for (const [token, child] of from.names ?? []) {
    const own = into.names?.get(token);
    if (own !== undefined) mergeNodes(trie, own, child);
    else {
      into.names ??= new Map();
      into.names.set(token, child);
      child.parent = into;
    }
  }
  if (from.param !== undefined) {
    if (into.param !== undefined) mergeNodes(trie, into.param, from.param);
    else {
      into.param = from.param;
      from.param.parent = into;
    }
  }
  from.dead = true;
  from.mergedInto = into;
  trie.nodes--;
};

/** What was made in several places was made anew only once: the number of children there are now, and those forgotten. */
const mergeMaking = (into: TrieNode, from: TrieNode): void => {
  into.made += from.made;
  into.evicted += from.evicted;
  into.evictedSingles += from.evictedSingles;
  if (into.mainMaker === from.mainMaker) into.mainMakerLead += from.mainMakerLead;
  else {
    const lead = into.mainMakerLead - from.mainMakerLead;
    if (lead < 0) into.mainMaker = from.mainMaker;
    into.mainMakerLead = Math.abs(lead);
  }
  into.nextTest = 0;
};

const addTop = (into: TrieNode, value: string, count: number): void => {
  const top = (into.topValues ??= new Map<string, number>());
  if (top.has(value) || top.size < MAX_TOP_VALUES) top.set(value, (top.get(value) ?? 0) + count);
};

const mergeEndpoint = (trie: PathTrie, into: TrieNode, from: EndpointRecord): void => {
  into.endpoints ??= new Map();
  const own = into.endpoints.get(from.method);
  if (own === undefined) {
    // Its key changes with the place: told once, below.
    const wasKnown = from.known;
    const oldKey = from.key;
    from.node = into;
    into.endpoints.set(from.method, from);
    if (wasKnown) trie.moved(from, oldKey);
    return;
  }
  if (into.isParam) {
    own.values ??= new EndedValues();
    own.values.merge(from.values);
  }
  own.firstAt = own.successes === 0 ? from.firstAt : Math.min(own.firstAt, from.firstAt);
  own.lastAt = Math.max(own.lastAt, from.lastAt);
  own.successes += from.successes;
  own.callers |= from.callers;
  own.hours |= from.hours;
  if (from.known) trie.noteReplaced(from, own);
};
