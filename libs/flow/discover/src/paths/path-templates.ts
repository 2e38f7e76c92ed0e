import type { Endpoint, Observation, ReplacedEndpoint } from './endpoint.ts';
import { EndpointRecord } from './endpoint-record.ts';
import { ExactPaths } from './exact-paths.ts';
import { isPlaceholder, pathOfTokens, tokensOf } from '@outrider/domain/traffic/paths/path-tokens';
import { isDue, PathTrie } from './path-trie.ts';
import { DEFAULT_TEMPLATE_SETTINGS, type TemplateSettings } from './template-settings.ts';
import { promoteEnds } from './trie-promote.ts';
import { areSettled } from './value-test.ts';
import { applyOverride } from './trie-override.ts';
import { bitOf, eachNode, hashOf, popCount, type TrieNode } from './trie-node.ts';

const HOUR_MS = 3_600_000;
const METHOD_LENGTH = 16;
/** Methods at one path; further ones are not learned. */
const MAX_METHODS = 16;
/** Checks of whether an endpoint can be shown are at least this many successes apart. */
const CHECK_STEP = 8;

/** The path templates of one service under one host, learned from its traffic. Not thread safe, no I/O, no clock: time is the events'. */
export class PathTemplates {
  readonly settings: TemplateSettings;
  readonly trie: PathTrie;
  readonly #paths: ExactPaths<TrieNode>;
  readonly #tokens: string[] = [];
  #structure = 0;

  constructor(settings: Partial<TemplateSettings> = {}) {
    this.settings = { ...DEFAULT_TEMPLATE_SETTINGS, ...settings };
    this.trie = new PathTrie(this.settings);
    this.#paths = new ExactPaths(this.settings.maxCachedPaths);
  }

  /**
   * Learns from an event and returns its endpoint, the same object until it changes; `known` tells whether it is more than a guess.
   * Answers of 400 and above teach nothing: for those it is what `match` says, undefined for what was never answered well.
   */
  observe(event: Observation): Endpoint | undefined {
    if (event.status < 200 || event.status >= 400) return this.match(event.method, event.path);
    const callerHash = hashOf(event.caller);
    const node = this.#nodeFor(event, callerHash);
    const record =
      node === undefined ? undefined : this.trie.endpointAt(node, event.method.slice(0, METHOD_LENGTH), MAX_METHODS);
    if (record === undefined) return undefined;
    const firstAt = event.firstAt ?? event.at;
    if (record.successes === 0 || firstAt < record.firstAt) record.firstAt = firstAt;
    record.successes += event.count ?? 1;
    if (event.at > record.lastAt) record.lastAt = event.at;
    const { isParam } = record.node;
    if (isParam) record.endedWith(this.trie.endedWith, bitOf(callerHash), event.count ?? 1);
    record.hours |= bitOf(Math.floor(event.at / HOUR_MS));
    record.callers |= bitOf(callerHash);
    if (!record.known) this.#consider(record);
    if (isParam && record.values?.isOpen === false && isDue(record.successes, event.count ?? 1))
      promoteEnds(this.trie, record);
    return this.#written(record);
  }

  /** At the end of a batch: decides what can be decided now, which else would wait for more. */
  settle(): void {
    this.trie.testAll();
    eachNode(this.trie.root, (node) => {
      if (node.isParam) for (const record of [...(node.endpoints?.values() ?? [])]) promoteEnds(this.trie, record);
    });
    if (this.trie.structure !== this.#structure) this.#changed();
    eachNode(this.trie.root, (node) => {
      for (const record of node.endpoints?.values() ?? []) if (!record.known) this.#consider(record, true);
    });
  }

  /** The endpoint of a path, without learning anything. */
  match(method: string, path: string): Endpoint | undefined {
    const cached = this.#cached(path);
    const found = cached ?? this.trie.find(this.#tokens, tokensOf(path, this.#tokens), method);
    const record = found?.endpoints?.get(method);
    return record === undefined ? undefined : this.#written(record);
  }

  /** The template as far as it can be told for a path that nothing is known of: names that are known, and what is plainly an id. */
  provisional(path: string): string {
    const count = tokensOf(path, this.#tokens);
    return pathOfTokens(this.trie.guess(this.#tokens, count));
  }

  /** Counts each structural change and each endpoint that became known; what `changesSince` compares with. */
  get version(): number {
    return this.trie.version;
  }

  /** Known endpoints. */
  endpoints(): readonly Endpoint[] {
    return this.trie.knownEndpoints().map((record) => this.#written(record));
  }

  changesSince(version: number): {
    readonly known: readonly Endpoint[];
    readonly replaced: readonly ReplacedEndpoint[];
  } {
    return {
      known: this.endpoints().filter((endpoint) => endpoint.changedIn > version),
      replaced: this.trie.replaced.filter((one) => one.changedIn > version),
    };
  }

  /** For metrics: what is held, and what was turned away because a bound was reached. */
  get figures() {
    const { nodes, known, evicted, refusedEndpoints, refusedNodes } = this.trie;
    return {
      nodes,
      known,
      evictedNodes: evicted,
      refusedEndpoints,
      refusedNodes,
      cachedPaths: this.#paths.size,
    } as const;
  }

  /** `/files/{name}`: what stands at a placeholder's place is a value, whatever was thought of it; its subtrees become one. */
  merge(pattern: string): void {
    applyOverride(this.trie, patternTokens(pattern), 'merge');
    this.#changed();
  }

  /** These words are names and this is how the parameters are called; known from now on if `method` is given. */
  pin(template: string, method?: string): void {
    applyOverride(this.trie, patternTokens(template), 'pin', method);
    this.#changed();
  }

  /** At the last placeholder of `template`, `name` is no value: `split('/users/{id}', 'me')`. */
  split(template: string, name: string): void {
    const tokens = patternTokens(template);
    const at = tokens.findLastIndex(isPlaceholder);
    if (at === -1) throw new RangeError(`no placeholder in ${template}`);
    tokens[at] = name;
    applyOverride(this.trie, tokens, 'split');
    this.#changed();
  }

  /** After the trie was changed from outside (restore). */
  forgetPaths(): void {
    this.#changed();
  }

  #nodeFor(event: Observation, callerHash: number): TrieNode | undefined {
    const teaching = {
      callerHash,
      hour: bitOf(Math.floor(event.at / HOUR_MS)),
      at: event.at,
      weight: event.count ?? 1,
    };
    const cached = this.#cached(event.path);
    if (cached !== undefined) {
      const node = this.trie.countAgain(cached, teaching);
      if (this.trie.structure !== this.#structure) this.#changed();
      return node;
    }
    const count = tokensOf(event.path, this.#tokens);
    const node = this.trie.learn(this.#tokens, count, teaching);
    if (this.trie.structure !== this.#structure) {
      this.#changed();
      return node;
    }
    // Paths with values are too many, and each value counts.
    if (node !== undefined && isOfNames(node)) this.#paths.set(event.path, node);
    return node;
  }

  #cached(path: string): TrieNode | undefined {
    if (this.trie.structure !== this.#structure) this.#changed();
    return this.#paths.get(path);
  }

  #changed(): void {
    this.#structure = this.trie.structure;
    this.#paths.clear();
  }

  #written(record: EndpointRecord): Endpoint {
    if (!record.known && record.writtenFor !== this.trie.structure) record.write(this.trie.structure);
    return record;
  }

  /** Enough answers, from several callers or over hours, and every name on the way is one. */
  #consider(record: EndpointRecord, atOnce = false): void {
    const { settings } = this;
    if (record.successes < settings.minSuccesses || (!atOnce && record.successes < record.nextCheck)) return;
    record.nextCheck = record.successes + CHECK_STEP;
    if (popCount(record.callers) < settings.minEndpointCallers && popCount(record.hours) < settings.minEndpointHours)
      return;
    for (let node = record.node; node.parent !== undefined; node = node.parent) {
      if (node.isParam) continue;
      if (!areSettled(node.parent, node.token, node)) return;
    }
    this.trie.show(record);
  }
}

const isOfNames = (node: TrieNode): boolean => {
  for (let at: TrieNode | undefined = node; at !== undefined; at = at.parent) if (at.isParam) return false;
  return true;
};

const patternTokens = (pattern: string): string[] => {
  const tokens: string[] = [];
  const count = tokensOf(pattern, tokens);
  tokens.length = count;
  if (count === 0 && pattern !== '/') throw new RangeError('a template begins with / and has a segment');
  return tokens;
};
