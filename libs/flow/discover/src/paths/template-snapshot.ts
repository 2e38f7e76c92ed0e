import * as z from 'zod';
import { EndedValues } from './ended-values.ts';
import { EndpointRecord } from './endpoint-record.ts';
import { PathTemplates } from './path-templates.ts';
import { SEGMENT_KINDS } from '@outrider/domain/traffic/paths/segment-kind';
import type { TemplateSettings } from './template-settings.ts';
import { TrieNode } from './trie-node.ts';

const SNAPSHOT_FORMAT = 1;

const EndpointState = z.object({
  m: z.string().max(16),
  t: z.string(),
  known: z.boolean(),
  n: z.number(),
  first: z.number(),
  last: z.number(),
  callers: z.number(),
  hours: z.number(),
  changed: z.number(),
  check: z.number(),
  /** Values through which it was reached; `null` when they are too many. */
  values: z
    .array(z.tuple([z.string(), z.number(), z.number()]))
    .nullable()
    .optional(),
});

/** Numbers of a node in the order of `NUMBERS`, flags in the order of `FLAGS`. */
const NUMBERS = [
  'hits', 'callers', 'hours', 'lastAt', 'nameHits', 'made', 'evicted', 'evictedSingles', 'makers', 'makingHours', 'mainMaker',
  'mainMakerLead', 'nextTest', 'untyped', 'via',
] as const; // prettier-ignore
const FLAGS = ['generic', 'valueLike', 'wordsTell', 'forced', 'pinned', 'isParam'] as const;

const NodeState = z.object({
  token: z.string(),
  /** Place of the parent in the list; -1 for the root. Parents come before their children. */
  up: z.number().int().min(-1),
  n: z.array(z.number()).length(NUMBERS.length),
  f: z.array(z.boolean()).length(FLAGS.length),
  shown: z.string().optional(),
  kinds: z.array(z.tuple([z.enum([...SEGMENT_KINDS, 'name']), z.number()])).optional(),
  top: z.array(z.tuple([z.string(), z.number()])).optional(),
  notNames: z.array(z.string()).optional(),
  endpoints: z.array(EndpointState).optional(),
});
type NodeState = z.infer<typeof NodeState>;

/** All that was learned about one service, as plain JSON. Holds path segments in clear: as sensitive as the paths of events. */
export const TemplateSnapshot = z.object({
  format: z.literal(SNAPSHOT_FORMAT),
  version: z.number(),
  structure: z.number(),
  evicted: z.number(),
  pruneNotBefore: z.number(),
  replaced: z.array(z.object({ key: z.string(), replacedBy: z.string(), changedIn: z.number() })),
  places: z.array(z.object({ name: z.string(), found: z.number(), values: z.array(z.number()) })),
  nodes: z.array(NodeState).min(1),
});
export type TemplateSnapshot = z.infer<typeof TemplateSnapshot>;

export const snapshotOf = (templates: PathTemplates): TemplateSnapshot => {
  const { trie } = templates;
  const nodes: NodeState[] = [];
  const add = (node: TrieNode, up: number): void => {
    const place = nodes.push(stateOf(node, up)) - 1;
    for (const child of node.names?.values() ?? []) add(child, place);
    if (node.param !== undefined) add(node.param, place);
  };
  add(trie.root, -1);
  return {
    format: SNAPSHOT_FORMAT,
    version: trie.version,
    structure: trie.structure,
    evicted: trie.evicted,
    pruneNotBefore: trie.pruneNotBefore,
    replaced: trie.replaced.map((one) => ({ ...one })),
    places: [...trie.places.places].map(([name, place]) => ({ name, found: place.found, values: [...place.values] })),
    nodes,
  };
};

/** A learner that answers, and goes on learning, as the one that the snapshot was taken of. `snapshot` is parsed. */
export const restoreTemplates = (
  snapshot: TemplateSnapshot,
  settings: Partial<TemplateSettings> = {},
): PathTemplates => {
  const templates = new PathTemplates(settings);
  const { trie } = templates;
  const nodes: TrieNode[] = [];
  for (const state of snapshot.nodes) {
    const parent = nodes[state.up];
    if ((state.up === -1) !== (nodes.length === 0) || (state.up >= 0 && parent === undefined))
      throw new RangeError('a snapshot begins with its root, and parents come before their children');
    nodes.push(nodeOf(state, parent));
  }
  trie.root = nodes[0] ?? trie.root;
  trie.nodes = nodes.length;
  trie.version = snapshot.version;
  trie.structure = snapshot.structure;
  trie.evicted = snapshot.evicted;
  trie.pruneNotBefore = snapshot.pruneNotBefore;
  trie.replaced = snapshot.replaced.map((one) => ({ ...one }));
  for (const { name, found, values } of snapshot.places)
    trie.places.places.set(name, { found, values: new Set(values) });
  trie.known = trie.knownEndpoints().length;
  templates.forgetPaths();
  return templates;
};

const stateOf = (node: TrieNode, up: number): NodeState => ({
  token: node.token,
  up,
  n: NUMBERS.map((name) => node[name]),
  f: FLAGS.map((name) => node[name]),
  ...(node.shownName === undefined ? {} : { shown: node.shownName }),
  ...(node.kinds === undefined ? {} : { kinds: [...node.kinds] }),
  ...(node.topValues === undefined ? {} : { top: [...node.topValues] }),
  ...(node.notNames === undefined ? {} : { notNames: [...node.notNames] }),
  ...(node.endpoints === undefined ? {} : { endpoints: [...node.endpoints.values()].map(endpointStateOf) }),
});

const endpointStateOf = (record: EndpointRecord): z.infer<typeof EndpointState> => ({
  m: record.method,
  t: record.known ? record.template : '',
  known: record.known,
  n: record.successes,
  first: record.firstAt,
  last: record.lastAt,
  callers: record.callers,
  hours: record.hours,
  changed: record.changedIn,
  check: record.nextCheck,
  ...(record.values === undefined ? {} : { values: valuesStateOf(record.values) }),
});

const valuesStateOf = ({ isOpen, uses }: EndedValues): [string, number, number][] | null =>
  isOpen ? null : [...uses].map(([token, { hits, callers }]) => [token, hits, callers]);

const nodeOf = (state: NodeState, parent: TrieNode | undefined): TrieNode => {
  const isParam = state.f[FLAGS.indexOf('isParam')] === true;
  const node = new TrieNode(state.token, parent, isParam);
  NUMBERS.forEach((name, i) => (node[name] = state.n[i] ?? 0));
  for (const name of ['generic', 'valueLike', 'wordsTell', 'forced', 'pinned'] as const)
    node[name] = state.f[FLAGS.indexOf(name)] === true;
  node.shownName = state.shown;
  if (state.kinds !== undefined) node.kinds = new Map(state.kinds);
  if (state.notNames !== undefined) node.notNames = new Set(state.notNames);
  if (state.top !== undefined) node.topValues = new Map(state.top);
  if (parent !== undefined) {
    if (isParam) parent.param = node;
    else (parent.names ??= new Map<string, TrieNode>()).set(state.token, node);
  }
  for (const one of state.endpoints ?? []) {
    const record = new EndpointRecord(one.m, node);
    record.known = one.known;
    record.successes = one.n;
    record.firstAt = one.first;
    record.lastAt = one.last;
    record.callers = one.callers;
    record.hours = one.hours;
    record.changedIn = one.changed;
    record.nextCheck = one.check;
    if (one.values !== undefined) record.values = new EndedValues();
    if (one.values === null) record.values?.open();
    for (const [token, hits, callers] of one.values ?? []) record.endedWith(token, callers, hits);
    if (one.known) {
      record.template = one.t;
      record.key = `${one.m} ${one.t}`;
    }
    (node.endpoints ??= new Map<string, EndpointRecord>()).set(one.m, record);
  }
  return node;
};
