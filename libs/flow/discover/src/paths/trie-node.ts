import type { SegmentKind } from '@outrider/domain/traffic/paths/segment-kind';
import type { EndpointRecord } from './endpoint-record.ts';

/** Bits of a 32-bit sketch: which of 32 cells a hash falls into. */
export const bitOf = (hash: number): number => 1 << (hash & 31);

export const popCount = (bits: number): number => {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
};

/** FNV-1a, 32 bits. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
};

export type ParameterKind = SegmentKind | 'name';

/** One token at one place. Everything counted here comes from answers below 400. */
export class TrieNode {
  /** Children that stand for themselves: names, and values of which that is not known yet. */
  names: Map<string, TrieNode> | undefined;
  /** The child that stands for all values. */
  param: TrieNode | undefined;
  /** Unknown tokens are values here. */
  generic = false;
  /** Unknown tokens that look like values are values here; weaker than `generic`. */
  valueLike = false;
  /** With `generic`: words of APIs are names here, since the values look otherwise. */
  wordsTell = false;
  /** Said by the operator or by a document: neither test changes `generic` nor absorbs this name. */
  forced = false;
  pinned = false;

  hits = 0;
  callers = 0;
  hours = 0;
  lastAt = 0;

  /** Of the children in `names`: successes, children ever made, those of them that were evicted, and after one success only. */
  nameHits = 0;
  made = 0;
  evicted = 0;
  evictedSingles = 0;
  /** Who made them, in which hours, and the one who made most (Boyer–Moore). */
  makers = 0;
  makingHours = 0;
  mainMaker = 0;
  mainMakerLead = 0;
  /** `hits` at which the node is tested next. */
  nextTest = 0;

  /** Of a parameter: how often each kind was seen; its untyped values that are seen most (Space-Saving). */
  kinds: Map<ParameterKind, number> | undefined;
  topValues: Map<string, number> | undefined;
  untyped = 0;
  /** Of the node above a parameter: words that were taken for names and turned out to be values; not again. */
  notNames: Set<string> | undefined;
  /** Fixed once an endpoint below was shown. */
  shownName: string | undefined;

  /** Hash of the untyped value that every success came through; 0: none, -1: several or typed ones. */
  via = 0;

  endpoints: Map<string, EndpointRecord> | undefined;
  /** No longer part of the tree. */
  dead = false;
  /** Where what it knew has gone. */
  mergedInto: TrieNode | undefined;

  constructor(
    public token: string,
    public parent: TrieNode | undefined,
    readonly isParam: boolean,
  ) {}

  get depth(): number {
    let depth = 0;
    for (let node = this.parent; node !== undefined; node = node.parent) depth++;
    return depth;
  }
}

/** What the placeholder shows: the kind of most of the values; `id` where they mix. */
export const parameterName = (node: TrieNode): string => {
  if (node.shownName !== undefined) return node.shownName;
  let best: ParameterKind = 'name';
  let most = 0;
  let total = 0;
  for (const [kind, count] of node.kinds ?? []) {
    total += count;
    if (count > most) {
      most = count;
      best = kind;
    }
  }
  return most * 10 >= total * 7 ? best : 'id';
};

/** The node that stands for this one now; undefined when it was forgotten. */
export const livingNode = (node: TrieNode): TrieNode | undefined => {
  let at: TrieNode | undefined = node;
  while (at?.dead === true) at = at.mergedInto;
  return at;
};

export const tokensTo = (node: TrieNode): string[] => {
  const tokens: string[] = [];
  for (let at: TrieNode | undefined = node; at?.parent !== undefined; at = at.parent)
    tokens.push(at.isParam ? `{${parameterName(at)}}` : at.token);
  return tokens.reverse();
};

export const eachNode = (node: TrieNode, visitNode: (node: TrieNode) => void): void => {
  visitNode(node);
  for (const child of node.names?.values() ?? []) eachNode(child, visitNode);
  if (node.param !== undefined) eachNode(node.param, visitNode);
};

/** `weight` successes came through the node. */
export const visit = (node: TrieNode, caller: number, hour: number, at: number, via: number, weight: number): void => {
  if (node.via !== via) node.via = node.hits === 0 ? via : -1;
  node.hits += weight;
  node.callers |= caller;
  node.hours |= hour;
  if (at > node.lastAt) node.lastAt = at;
};

/** A child was made. */
export const noteMaking = (node: TrieNode, callerHash: number, hour: number): void => {
  node.made++;
  node.makers |= bitOf(callerHash);
  node.makingHours |= hour;
  if (node.mainMakerLead === 0) node.mainMaker = callerHash;
  node.mainMakerLead += node.mainMaker === callerHash ? 1 : -1;
};
