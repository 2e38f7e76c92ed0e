// The metrics that the code exports, with their labels, read from the sources: every `.counter('outrider_…', help, [labels])` and its like.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import ts from 'typescript';
import { root } from './json-schema.mjs';

const KINDS = new Set(['counter', 'gauge', 'gaugeOf', 'histogram']);

/** Prometheus keeps these for the target; a metric's own label of that name is read as exported_<label>. */
const TARGET = new Set(['job', 'instance']);
export const asScraped = (label) => (TARGET.has(label) ? `exported_${label}` : label);

const literal = (node) => (node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined);

/** Adds the metrics that one file declares; names its declarations that cannot be read. */
export const metricsOf = (file, text, into = new Map(), unreadable = []) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      KINDS.has(node.expression.name.text)
    ) {
      const kind = node.expression.name.text;
      const [first, , third] = node.arguments;
      const name = literal(first);
      if (name?.startsWith('outrider_')) {
        const listed =
          kind !== 'gaugeOf' && third !== undefined && ts.isArrayLiteralExpression(third)
            ? third.elements.map(literal)
            : [];
        if (kind !== 'gaugeOf' && third !== undefined && !ts.isArrayLiteralExpression(third))
          unreadable.push(`${file}: the labels of ${name} are not written as a list`);
        const labels = new Set(listed.filter((label) => label !== undefined).map(asScraped));
        for (const series of kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])
          into.set(
            series,
            new Set([...(into.get(series) ?? []), ...labels, ...(series.endsWith('_bucket') ? ['le'] : [])]),
          );
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return into;
};

/** Series name → its labels, for all of libs and apps and for what Node tells about the process. */
export const exportedMetrics = async () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', 'libs', 'apps'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => /\/src\/.*\.ts$/.test(file) && !/\.spec\.ts$|\/testing\//.test(file));
  const metrics = new Map();
  const unreadable = [];
  for (const file of files) {
    let text;
    try {
      text = readFileSync(join(root, file), 'utf8');
    } catch {
      continue; // listed by git, deleted in the work tree
    }
    if (text.includes('outrider_')) metricsOf(file, text, metrics, unreadable);
  }
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: 'outrider_' });
  for (const { name, type, values } of await register.getMetricsAsJSON()) {
    const labels = new Set(values.flatMap(({ labels }) => Object.keys(labels)));
    for (const series of type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])
      metrics.set(series, labels);
  }
  register.clear();
  return { metrics, unreadable };
};

/** Labels that Prometheus, not the code, puts on. */
const SCRAPED = new Set(['job', 'instance', 'pod', 'namespace', 'le']);
const BY_PROMETHEUS = new Set(['up']);

/** What is wrong with an expression: metrics that nothing exports, labels that they do not have. */
export const checkExpression = (expression, metrics) => {
  const problems = [];
  const plain = expression.replace(/\$\{?__\w+\}?/g, '5m');
  const used = new Set();
  for (const [, name, selector] of plain.matchAll(
    /\b((?:outrider_|node_|process_|kafka_)\w+|up)\b(?:\s*\{([^}]*)\})?/g,
  )) {
    const labels = metrics.get(name);
    if (labels === undefined && !BY_PROMETHEUS.has(name)) {
      problems.push(`no code exports ${name}`);
      continue;
    }
    for (const label of labels ?? []) used.add(label);
    for (const [, label] of (selector ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!labels?.has(label) && !SCRAPED.has(label)) problems.push(`${name} has no label ${label}`);
  }
  for (const [, list] of plain.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g))
    for (const label of list
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean))
      if (!used.has(label) && !SCRAPED.has(label)) problems.push(`nothing in "${plain}" has the label ${label}`);
  if (used.size === 0 && !/\b(outrider_\w+|up)\b/.test(plain)) problems.push(`"${plain}" reads no metric`);
  return problems;
};
