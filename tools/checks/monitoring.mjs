// The dashboard and the alert rules speak of metrics and labels that the code exports, by name; Prometheus' own promtool parses every
// expression and runs the rules' unit tests. Where promtool cannot be had, only names, labels and brackets are checked, and it says so.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root } from './lib/json-schema.mjs';
import { checkExpression, exportedMetrics, metricsOf } from './lib/metric-names.mjs';
import { report } from './lib/report.mjs';
import { debianTool } from './lib/tools.mjs';

const { ok, canary, note, end } = ((r) => ({ ok: r.ok, canary: r.canary.bind(r), note: r.note, end: r.end }))(
  report('monitoring'),
);
const RULES = 'deploy/prometheus/alerts.yml';
const SEVERITIES = new Set(['page', 'ticket']);
const text = (file) => readFileSync(join(root, file), 'utf8');

const { metrics, unreadable } = await exportedMetrics();
ok(
  `the code exports ${metrics.size} series`,
  metrics.size < 100 ? ['that is too few: the sources are not read'] : unreadable,
);

const rules = parse(text(RULES)).groups.flatMap((group) => group.rules);
const checkRules = (list) =>
  list.flatMap(({ alert, expr, labels, annotations }) => [
    ...checkExpression(expr, metrics).map((problem) => `${alert}: ${problem}`),
    ...(SEVERITIES.has(labels?.severity) ? [] : [`${alert}: its severity is neither page nor ticket`]),
    ...(annotations?.summary ? [] : [`${alert}: no summary`]),
  ]);
ok(`${RULES}: ${rules.length} rules`, checkRules(rules));
const guide = text('docs/operations/monitoring.md');
ok(
  'docs/operations/monitoring.md says what to do about each',
  rules.filter(({ alert }) => !guide.includes(`\`${alert}\``)).map(({ alert }) => alert),
);

const dashboard = JSON.parse(text('deploy/grafana/outrider.json'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const checkPanels = (list) =>
  list.flatMap(({ title, expr }) => checkExpression(expr, metrics).map((problem) => `${title}: ${problem}`));
ok(`deploy/grafana/outrider.json: ${panels.length} panels, ${expressions.length} queries`, checkPanels(expressions));
const ids = dashboard.panels.map(({ id }) => id);
ok('its panels have ids of their own', new Set(ids).size === ids.length ? [] : ['two panels share an id']);

const promtool = debianTool('promtool', 'prometheus', 'usr/bin/promtool', ['--version']);
const dir = mkdtempSync(join(tmpdir(), 'outrider-rules-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const run = (...args) => {
  const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
};
const parses = (list) => {
  const file = join(dir, 'expressions.yml');
  const recorded = list.map(({ expr }, i) => ({
    record: `panel:${i}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules: recorded }] }));
  return run('check', 'rules', file);
};
if (promtool === undefined) {
  note('promtool cannot be had here: expressions were NOT parsed, and the unit tests of the rules did not run');
  const open = (expr) =>
    [...expr.replace(/"[^"]*"/g, '')].reduce((n, c) => n + ('({['.includes(c) ? 1 : ')}]'.includes(c) ? -1 : 0), 0);
  ok(
    'brackets',
    [...rules, ...expressions].filter(({ expr }) => open(expr) !== 0).map(({ expr }) => expr),
  );
} else {
  ok('promtool parses the rules', run('check', 'rules', RULES));
  ok('promtool parses the queries of the dashboard', parses(expressions));
  ok('promtool runs the unit tests of the rules', run('test', 'rules', 'deploy/prometheus/alerts.test.yml'));
  ok('promtool reads the scrape example', run('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml'));
  canary(
    'an expression that is none',
    parses([{ expr: 'sum(rate(outrider_detect_events_total[5m])' }]),
    /parse|unclosed|unexpected/,
  );
}

canary(
  'a metric that nobody exports',
  checkPanels([{ title: 'x', expr: 'rate(outrider_collect_entrys_total[5m])' }]),
  /no code exports outrider_collect_entrys_total/,
);
canary(
  'a label that it does not have',
  checkPanels([{ title: 'x', expr: 'sum by (route) (rate(outrider_collect_entries_total[5m]))' }]),
  /has the label route/,
);
canary(
  'a matcher on a label that it does not have',
  checkPanels([{ title: 'x', expr: 'outrider_bus_lag_seconds{consumer="a"}' }]),
  /has no label consumer/,
);
canary(
  'a histogram without its suffix',
  checkPanels([{ title: 'x', expr: 'outrider_detect_lag_seconds' }]),
  /no code exports/,
);
canary(
  'a rule without a severity',
  checkRules([{ alert: 'x', expr: 'up == 0', labels: {}, annotations: { summary: 'x' } }]),
  /severity/,
);
const renamed = metricsOf('x.ts', "m.counter('outrider_x_total', help, ['reason', 'job']);");
ok(
  'canary: labels are read from the source',
  renamed.get('outrider_x_total')?.has('exported_job') && renamed.get('outrider_x_total').has('reason')
    ? []
    : ['not read'],
);
end();
