/**
 * Precision and recall of learned path templates against the documents that the traffic was made from, beside two baselines.
 *   node libs/flow/discover/bench/openapi-templates.bench.mjs [developed|held-out|NAME] [requests=10000,100000] [seed=1] [callers=200] [verbose] [speed]
 * Needs a build; fetches the documents from npm once.
 */
import { pathTemplate } from '@outrider/domain/traffic/path-template';
import { PathTemplates } from '../dist/paths/path-templates.js';
import { DEVELOPED_ON, HELD_OUT, readDocument } from './documents.mjs';
import { alsoRight, operationsOf, structureOf, trafficOf } from './traffic.mjs';

const ENOUGH = 20;
const arguments_ = process.argv.slice(2);
const option = (name, otherwise) =>
  arguments_.find((a) => a.startsWith(`${name}=`))?.slice(name.length + 1) ?? otherwise;
const which = arguments_.find((a) => !a.includes('=') && !['verbose', 'speed'].includes(a)) ?? 'developed';
const documents =
  which === 'held-out'
    ? HELD_OUT
    : which === 'developed'
      ? DEVELOPED_ON
      : { [which]: { ...DEVELOPED_ON, ...HELD_OUT }[which] };
const requests = option('requests', '10000,100000').split(',').map(Number);
const seed = Number(option('seed', '1'));
const callers = Number(option('callers', '200'));
const verbose = arguments_.includes('verbose');

console.log(
  'document | operations | requests | called enough | precision (strict) | recall (strict) | events right | typed only p/r | distinct paths p/r | CPU ns/event | nodes',
);
for (const [name, source] of Object.entries(documents)) {
  const document = readDocument(source);
  for (const n of requests) run(name, document, n);
}

function run(name, document, n) {
  const operations = operationsOf(document);
  const strict = new Set(operations.map((o) => o.key));
  const right = new Map();
  for (const operation of operations)
    for (const key of alsoRight(operation)) if (!right.has(key)) right.set(key, operation.key);
  for (const key of strict) right.set(key, key);

  const next = trafficOf(document, { seed, requests: n, callers });
  const templates = new PathTemplates();
  const called = new Map();
  const typed = new Baseline((path) => pathTemplate(path));
  const distinct = new Baseline((path) => path);
  let spent = 0;
  let late = 0;
  let lateRight = 0;
  const batch = [];
  for (let i = 0; i < n;) {
    batch.length = 0;
    for (; batch.length < 1_000 && i < n; i++) batch.push(next());
    const began = process.cpuUsage();
    const found = batch.map((event) => templates.observe(event));
    const used = process.cpuUsage(began);
    spent += (used.user + used.system) / 1_000;
    batch.forEach((event, at) => {
      if (event.status >= 400) return;
      typed.add(event);
      distinct.add(event);
      if (event.truth === undefined) return;
      called.set(event.truth.key, (called.get(event.truth.key) ?? 0) + 1);
      if (i < n * 0.8 || (called.get(event.truth.key) ?? 0) < ENOUGH) return;
      late++;
      const key = found[at] === undefined ? '' : `${found[at].method} ${structureOf(found[at].template)}`;
      if (right.get(key) === event.truth.key) lateRight++;
    });
  }
  // As the product does after each batch.
  templates.settle();
  const learned = templates.endpoints().map((e) => `${e.method} ${structureOf(e.template)}`);
  const enough = [...called].filter(([, count]) => count >= ENOUGH).map(([key]) => key);
  const score = (keys) => {
    const covered = new Set(keys.filter((k) => right.has(k)).map((k) => right.get(k)));
    const exactly = new Set(keys);
    return {
      precision: keys.filter((k) => right.has(k)).length / Math.max(1, keys.length),
      strictPrecision: keys.filter((k) => strict.has(k)).length / Math.max(1, keys.length),
      recall: enough.filter((k) => covered.has(k)).length / Math.max(1, enough.length),
      strictRecall: enough.filter((k) => exactly.has(k)).length / Math.max(1, enough.length),
    };
  };
  const s = score(learned);
  const t = score(typed.keys());
  const d = score(distinct.keys());
  const f = (x) => x.toFixed(3);
  console.log(
    [
      name, operations.length, n, enough.length, `${f(s.precision)} (${f(s.strictPrecision)})`, `${f(s.recall)} (${f(s.strictRecall)})`,
      f(lateRight / Math.max(1, late)), `${f(t.precision)}/${f(t.recall)}`, `${f(d.precision)}/${f(d.recall)}`,
      Math.round((spent * 1e6) / n), templates.figures.nodes,
    ].join(' | '),
  ); // prettier-ignore
  if (arguments_.includes('speed')) speedOf(templates, next);
  if (!verbose) return;
  const covered = new Set(learned.filter((k) => right.has(k)).map((k) => right.get(k)));
  for (const e of templates.endpoints())
    if (!right.has(`${e.method} ${structureOf(e.template)}`)) console.log('  wrong  ', e.key, e.successes);
  for (const key of enough) if (!covered.has(key)) console.log('  missed ', key, called.get(key));
}

/** Steady state: what is learned already, events made beforehand; the process's own CPU time, so that a busy machine matters less. */
function speedOf(templates, next) {
  const events = Array.from({ length: 100_000 }, () => next());
  const heap = process.memoryUsage().heapUsed;
  for (const [what, use] of [
    ['observe', (e) => templates.observe(e)],
    ['match', (e) => templates.match(e.method, e.path)],
    ['observe again', (e) => templates.observe(e)],
  ]) {
    const began = process.cpuUsage();
    for (const event of events) use(event);
    const used = process.cpuUsage(began);
    console.log(`  ${what}: ${Math.round(((used.user + used.system) * 1_000) / events.length)} CPU ns/event`);
  }
  console.log(
    `  ${templates.figures.nodes} nodes, ${templates.figures.cachedPaths} cached paths, heap of the whole bench ${Math.round(heap / 1e6)} MB`,
  );
}

/** The same evidence asked for: ten good answers, from two callers. Bounded, since it would not end otherwise. */
function Baseline(templateOf) {
  const seen = new Map();
  this.add = ({ method, path, caller }) => {
    const key = `${method} ${templateOf(path)}`;
    const one = seen.get(key);
    if (one === undefined) {
      if (seen.size < 2_000_000) seen.set(key, { count: 1, caller, several: false });
    } else {
      one.count++;
      one.several ||= one.caller !== caller;
    }
  };
  this.keys = () => [...seen].filter(([, one]) => one.count >= 10 && one.several).map(([key]) => structureKey(key));
}
function structureKey(key) {
  const space = key.indexOf(' ');
  return `${key.slice(0, space)} ${structureOf(key.slice(space + 1))}`;
}
