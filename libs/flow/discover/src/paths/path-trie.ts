import type { ReplacedEndpoint } from './endpoint.ts';
import { EndpointRecord } from './endpoint-record.ts';
import { flat } from './exact-paths.ts';
import { isReservedName, nameLikeness } from '@outrider/domain/traffic/paths/name-words';
import { ParameterPlaces } from './parameter-places.ts';
import { kindAt } from '@outrider/domain/traffic/paths/kind-at';
import { SUFFIX } from '@outrider/domain/traffic/paths/path-tokens';
import type { TemplateSettings } from './template-settings.ts';
import { absorbNames } from './trie-merge.ts';
import { promoteValue } from './trie-promote.ts';
import { countValue } from './top-values.ts';
import { pruneChildren, pruneTree } from './trie-prune.ts';
import {
  bitOf,
  eachNode,
  livingNode,
  noteMaking,
  parameterName,
  TrieNode,
  visit,
  type ParameterKind,
} from './trie-node.ts';
import { areValues, doWordsTell, haveValuesAmong, isOneOfTheValues } from './value-test.ts';

/** Steps of one lookup, all ways that it may try taken together. */
const MAX_STEPS = 128;
const MAX_REPLACED = 1_000;
/** What one success, or several alike, teach. */
export interface Teaching {
  readonly callerHash: number;
  /** A bit. */
  readonly hour: number;
  readonly at: number;
  /** How many they are. */
  readonly weight: number;
}

/** The tree of one service's paths, and all that changes its shape. */
export class PathTrie {
  root = new TrieNode('', undefined, false);
  /** Raised when what a path leads to may have changed. */
  structure = 0;
  version = 0;
  nodes = 1;
  known = 0;
  evicted = 0;
  refusedEndpoints = 0;
  refusedNodes = 0;
  replaced: ReplacedEndpoint[] = [];
  readonly places = new ParameterPlaces();
  readonly #way: TrieNode[] = [];
  #steps = 0;
  pruneNotBefore = 0;
  /** The last segment of what was learned last, unless its shape proves it a value. A name may have become a value meanwhile. */
  endedWith: string | undefined;

  constructor(readonly settings: TemplateSettings) {}

  get successes(): number {
    return this.root.hits;
  }

  isParameterAfter(node: TrieNode): 'same values' | 'same place' | undefined {
    return this.places.knows(node);
  }

  /** Follows the path of a good answer, making what is not there, and tests what was on the way. Undefined when there is no room for it. */
  learn(tokens: readonly string[], count: number, { callerHash, hour, at, weight }: Teaching): TrieNode | undefined {
    const caller = bitOf(callerHash);
    const way = this.#way;
    let node = this.root;
    visit(node, caller, hour, at, 0, weight);
    way.length = 0;
    this.endedWith = undefined;
    let via = 0;
    for (let i = 0; i < count; i++) {
      const token = tokens[i] ?? '';
      let child = this.#nameOf(node, token);
      if (child !== undefined) {
        node.nameHits += weight;
        if (i === count - 1) this.endedWith = child.token;
      } else {
        const kind = kindAt(tokens, i, count, node.token);
        if (kind !== undefined || isValueAt(token, node)) {
          child = node.param ?? this.#make(node, '{}', true);
          if (child === undefined) return undefined;
          if (kind === undefined) via = countValue(this.places, node, child, token, weight);
          if (kind === undefined && i === count - 1) this.endedWith = token;
          const shown = kind ?? 'name';
          child.kinds ??= new Map<ParameterKind, number>();
          child.kinds.set(shown, (child.kinds.get(shown) ?? 0) + weight);
        } else {
          child = this.#make(node, token, false);
          if (child === undefined) return undefined;
          noteMaking(node, callerHash, hour);
          if (i === count - 1) this.endedWith = token;
        }
      }
      way.push(node);
      node = child;
      visit(node, caller, hour, at, via, weight);
    }
    way.push(node);
    this.#testWay(way, weight);
    return node.dead ? livingNode(node) : node;
  }

  /** A path of names alone that was learned before and leads to `node`: what `learn` would do, without looking at the path. */
  countAgain(node: TrieNode, { callerHash, hour, at, weight }: Teaching): TrieNode | undefined {
    const way = this.#way;
    const caller = bitOf(callerHash);
    way.length = 0;
    this.endedWith = node.token;
    for (let to: TrieNode | undefined = node; to !== undefined; to = to.parent) {
      visit(to, caller, hour, at, 0, weight);
      if (to.parent !== undefined) to.parent.nameHits += weight;
      way.push(to);
    }
    this.#testWay(way.reverse(), weight);
    return node.dead ? livingNode(node) : node;
  }

  /** Names first, then the parameter. With a method, only a place where it is known to end counts. */
  find(tokens: readonly string[], count: number, method: string | undefined): TrieNode | undefined {
    this.#steps = 0;
    return this.#findFrom(this.root, tokens, 0, count, method);
  }

  guess(tokens: readonly string[], count: number): string[] {
    const guessed: string[] = [];
    let node: TrieNode | undefined = this.root;
    for (let i = 0; i < count; i++) {
      const token = tokens[i] ?? '';
      const name: TrieNode | undefined = node === undefined ? undefined : this.#nameOf(node, token);
      if (name !== undefined) {
        guessed.push(name.token);
        node = name;
        continue;
      }
      const kind = kindAt(tokens, i, count, (node ?? this.root).token);
      const param: TrieNode | undefined = node?.param;
      if (param !== undefined && (kind !== undefined || (node !== undefined && isValueAt(token, node))))
        guessed.push(`{${parameterName(param)}}`);
      else guessed.push(kind === undefined ? token : `{${kind}}`);
      node = param;
    }
    return guessed;
  }

  endpointAt(node: TrieNode, method: string, maxMethods: number): EndpointRecord | undefined {
    const existing = node.endpoints?.get(method);
    if (existing !== undefined) return existing;
    node.endpoints ??= new Map();
    if (node.endpoints.size >= maxMethods) return undefined;
    const record = new EndpointRecord(method, node);
    node.endpoints.set(flat(method), record);
    return record;
  }

  show(record: EndpointRecord): void {
    if (record.known) return;
    if (this.known >= this.settings.maxEndpoints) {
      this.refusedEndpoints++;
      return;
    }
    for (let node: TrieNode | undefined = record.node; node !== undefined; node = node.parent)
      if (node.isParam) node.shownName ??= parameterName(node);
    record.known = true;
    this.known++;
    this.version++;
    record.changedIn = this.version;
    record.write(this.structure);
  }

  /** An endpoint that was shown is part of another one now. */
  noteReplaced(from: EndpointRecord, to: EndpointRecord): void {
    this.known--;
    this.show(to);
    if (!to.known) to.write(this.structure);
    this.version++;
    this.#noteReplaced(from.key, to.key);
  }

  /** A known endpoint stands at another place of the tree now, under another name. */
  moved(record: EndpointRecord, oldKey: string): void {
    for (let node: TrieNode | undefined = record.node; node !== undefined; node = node.parent)
      if (node.isParam) node.shownName ??= parameterName(node);
    record.write(this.structure);
    if (record.key === oldKey) return;
    this.version++;
    record.changedIn = this.version;
    this.#noteReplaced(oldKey, record.key);
  }

  /** After a subtree was hung elsewhere. */
  rewrite(top: TrieNode): void {
    this.structure++;
    eachNode(top, (node) => {
      for (const record of node.endpoints?.values() ?? []) if (record.known) this.moved(record, record.key);
    });
  }

  #noteReplaced(key: string, replacedBy: string): void {
    this.replaced.push({ key, replacedBy, changedIn: this.version });
    if (this.replaced.length > MAX_REPLACED) this.replaced.shift();
  }

  knownEndpoints(): EndpointRecord[] {
    const found: EndpointRecord[] = [];
    eachNode(this.root, (node) => {
      for (const record of node.endpoints?.values() ?? []) if (record.known) found.push(record);
    });
    return found;
  }

  makeGeneric(node: TrieNode): void {
    node.wordsTell = doWordsTell(node);
    node.generic = true;
    node.param ??= this.#make(node, '{}', true) ?? new TrieNode('{}', node, true);
    this.structure++;
    this.version++;
    absorbNames(this, node, node.param);
    this.places.note(node);
    this.rewrite(node.param);
    this.#testBelow(node.param);
  }

  #makeValueLike(node: TrieNode): void {
    node.valueLike = true;
    node.param ??= this.#make(node, '{}', true) ?? new TrieNode('{}', node, true);
    this.version++;
    this.#join(node, node.param);
  }

  /** Children that a node or the tree has no room for are forgotten, the least used first. */
  #make(parent: TrieNode, token: string, isParam: boolean): TrieNode | undefined {
    if (this.nodes >= this.settings.maxNodes && !this.#makeRoom()) {
      this.refusedNodes++;
      return undefined;
    }
    // What was just begun may have been the least used.
    if (parent.dead) return undefined;
    if (!isParam && (parent.names?.size ?? 0) >= this.settings.maxChildren) this.#forget(pruneChildren(parent));
    const child = new TrieNode(isParam ? token : flat(token), parent, isParam);
    if (isParam) parent.param = child;
    else {
      parent.names ??= new Map();
      parent.names.set(child.token, child);
    }
    this.nodes++;
    return child;
  }

  makeAt(parent: TrieNode, token: string, isParam: boolean): TrieNode {
    const existing = isParam ? parent.param : parent.names?.get(token);
    const child = existing ?? this.#make(parent, token, isParam);
    if (child === undefined) throw new RangeError('the tree is full of known endpoints');
    return child;
  }

  #makeRoom(): boolean {
    if (this.root.hits < this.pruneNotBefore) return false;
    const freed = pruneTree(this.root, Math.max(1, Math.ceil(this.settings.maxNodes / 10)));
    this.#forget(freed);
    if (freed * 20 < this.settings.maxNodes) this.pruneNotBefore = this.root.hits + this.settings.maxNodes / 20;
    return this.nodes < this.settings.maxNodes;
  }

  #forget(freed: number): void {
    this.nodes -= freed;
    this.evicted += freed;
    if (freed > 0) this.structure++;
  }

  /** As it is, or else in lower case where that is a name that is used. */
  #nameOf(node: TrieNode, token: string): TrieNode | undefined {
    const { names } = node;
    if (names === undefined) return undefined;
    const exact = names.get(token);
    if (exact !== undefined) return exact;
    const lower = token.toLowerCase();
    if (lower === token) return undefined;
    const folded = names.get(lower);
    return folded !== undefined && folded.hits >= this.settings.minSuccesses ? folded : undefined;
  }

  #findFrom(
    node: TrieNode,
    tokens: readonly string[],
    i: number,
    count: number,
    method: string | undefined,
  ): TrieNode | undefined {
    if (i === count) return method === undefined || node.endpoints?.has(method) === true ? node : undefined;
    if (++this.#steps > MAX_STEPS) return undefined;
    const token = tokens[i] ?? '';
    const name = this.#nameOf(node, token);
    const found = name === undefined ? undefined : this.#findFrom(name, tokens, i + 1, count, method);
    if (found !== undefined || node.param === undefined || token.startsWith(SUFFIX)) return found;
    if (!node.generic && !isValueAt(token, node) && kindAt(tokens, i, count, node.token) === undefined)
      return undefined;
    return this.#findFrom(node.param, tokens, i + 1, count, method);
  }

  /** From the root down: what is decided above joins the evidence below. */
  #testWay(way: readonly TrieNode[], weight: number): void {
    for (const node of way) {
      if (node.dead) return;
      if (node.via > 0 && isDue(node.hits, weight)) promoteValue(this, node);
      if (node.names === undefined || node.hits < node.nextTest) continue;
      if (node.generic) this.#testNames(node);
      else this.#test(node);
    }
  }

  #test(node: TrieNode): void {
    node.nextTest = node.hits + 4 + (node.hits >> 3);
    if (areValues(node, this, this.settings)) this.makeGeneric(node);
    else if (!node.valueLike && haveValuesAmong(node, this.settings)) this.#makeValueLike(node);
  }

  /** Names that were left beside the parameter, or came later, may turn out to be values after all. */
  #testNames(node: TrieNode): void {
    node.nextTest = node.hits + 8 + (node.hits >> 3);
    if (node.param === undefined || node.forced) return;
    for (const [token, child] of node.names ?? [])
      if (isOneOfTheValues(token, child, node)) {
        this.#join(node, node.param);
        return;
      }
  }

  #join(node: TrieNode, param: TrieNode): void {
    this.structure++;
    absorbNames(this, node, param);
    this.rewrite(param);
    this.#testBelow(param);
  }

  /** Tests every place now, whenever it was due: what was learned in batches may see no more for a while. */
  testAll(): void {
    eachNode(this.root, (node) => {
      if (!node.dead && !node.generic && node.names !== undefined) this.#test(node);
    });
  }

  #testBelow(node: TrieNode): void {
    if (!node.generic && node.names !== undefined) this.#test(node);
    if ((node.generic || node.valueLike) && node.param !== undefined && node.names !== undefined) {
      absorbNames(this, node, node.param);
      this.rewrite(node.param);
    }
    for (const child of [...(node.names?.values() ?? [])]) if (!child.dead) this.#testBelow(child);
    if (node.param !== undefined) this.#testBelow(node.param);
  }
}

/** With this success, or these, it is time to see whether a value is a name. */
export const isDue = (hits: number, weight: number): boolean =>
  MARKS.some((mark) => hits >= mark && hits - weight < mark);

const MARKS = [24, 48, 96, 192, 384, 768] as const;

/** Of a token that nothing is known of. */
const isValueAt = (token: string, node: TrieNode): boolean =>
  node.generic ? !staysLiteral(token, node) : node.valueLike && !token.startsWith(SUFFIX) && nameLikeness(token) === -1;

/** Even where unknown tokens are values. */
const staysLiteral = (token: string, node: TrieNode): boolean =>
  token.startsWith(SUFFIX) ||
  (!node.forced &&
    node.notNames?.has(token) !== true &&
    (isReservedName(token) || (node.wordsTell && nameLikeness(token) === 1)));
