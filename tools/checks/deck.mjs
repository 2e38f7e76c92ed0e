// deploy/compose/kong.yaml, the demo's Kong: applied through kong-sim's Admin API, which validates by Kong's own schemas, then used: a
// consumer's key opens the route, a wrong one does not, and each request's log entry arrives at the tcp-log's address.
import { createServer as createTcpServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { root } from './lib/json-schema.mjs';
import { report } from './lib/report.mjs';

const { ok, canary, end } = ((r) => ({ ok: r.ok, canary: r.canary.bind(r), end: r.end }))(report('deck'));
const TOP = new Set(['_format_version', '_info', 'services', 'consumers', 'plugins']);
const KEYS = { DECK_SHOP_APP_KEY: 'key-of-shop-app', DECK_PARTNER_KEY: 'key-of-partner' };

const built = join(root, 'tools/kong-sim/dist/kong-sim.js');
if (!existsSync(built)) throw new Error('tools/kong-sim is not built: run npm run build');
const { startKongSim } = await import(pathToFileURL(built).href);

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
const lines = [];
const collector = createTcpServer((socket) => {
  let rest = '';
  socket
    .on('error', () => undefined)
    .on('data', (chunk) => {
      const parts = `${rest}${chunk}`.split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.map((part) => JSON.parse(part)));
    });
});
const upstream = createHttpServer((request, response) =>
  response.end(JSON.stringify({ apikey: request.headers.apikey ?? null })),
);
const ports = { collector: await listen(collector), upstream: await listen(upstream) };
const text = readFileSync(join(root, 'deploy/compose/kong.yaml'), 'utf8');

/** The file with decK's placeholders filled and its addresses turned to this machine. */
const filled = (source) => {
  const document = parse(
    source.replace(
      /\$\{\{ env "(\w+)" \}\}/g,
      (_all, name) => ({ ...KEYS, DECK_COLLECT_HOST: '127.0.0.1' })[name] ?? '',
    ),
  );
  for (const service of document.services ?? []) service.url = `http://127.0.0.1:${ports.upstream}`;
  for (const plugin of document.plugins ?? []) if (plugin.name === 'tcp-log') plugin.config.port = ports.collector;
  return document;
};

/** Writes the document as decK would, and returns what Kong refused. */
const apply = async (sim, document) => {
  const problems = Object.keys(document)
    .filter((key) => !TOP.has(key))
    .map((key) => `${key} is not handled by this check`);
  const tags = document._info?.select_tags;
  if (!Array.isArray(tags) || tags.length === 0)
    problems.push('no select_tags: a sync would take away everything that is not in the file');
  const post = async (path, { routes = [], plugins = [], keyauth_credentials: keys = [], ...entity }) => {
    const response = await fetch(`${sim.adminUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tags, ...entity }),
    });
    const body = await response.json();
    if (response.status !== 201)
      problems.push(`POST ${path}: ${response.status} ${JSON.stringify(body.fields ?? body.message)}`);
    else {
      for (const route of routes) await post(`${path}/${body.id}/routes`, route);
      for (const plugin of plugins) await post(path === '/plugins' ? path : `${path}/${body.id}/plugins`, plugin);
      for (const key of keys) await post(`${path}/${body.id}/key-auth`, key);
    }
  };
  for (const service of document.services ?? []) await post('/services', service);
  for (const consumer of document.consumers ?? []) await post('/consumers', consumer);
  for (const plugin of document.plugins ?? []) await post('/plugins', plugin);
  return problems;
};

const withSim = async (use) => {
  const sim = await startKongSim({ propagationMs: 0 });
  try {
    return await use(sim);
  } finally {
    await sim.stop();
  }
};

await withSim(async (sim) => {
  ok('kong.yaml is accepted by the schemas of Kong', await apply(sim, filled(text)));
  const call = (headers) => fetch(`${sim.proxyUrl}/orders/7`, { headers });
  const problems = [];
  for (const [name, key] of [
    ['shop-app', KEYS.DECK_SHOP_APP_KEY],
    ['partner', KEYS.DECK_PARTNER_KEY],
  ]) {
    const response = await call({ apikey: key });
    if (response.status !== 200) problems.push(`${name}: ${response.status}`);
    else if ((await response.json()).apikey !== null) problems.push(`${name}: the key reaches the upstream`);
  }
  if ((await call({ apikey: 'wrong' })).status !== 401) problems.push('a wrong key is not refused');
  if ((await fetch(`${sim.proxyUrl}/orders/7?apikey=${KEYS.DECK_PARTNER_KEY}`)).status !== 401)
    problems.push('a key in the query is taken');
  await fetch(`${sim.proxyUrl}/nowhere`);
  await sim.flushLogs();
  for (let i = 0; i < 100 && lines.length < 5; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  const seen = lines.map((line) => `${line.response.status} ${line.consumer?.username ?? '-'}`).sort();
  const expected = ['200 partner', '200 shop-app', '401 -', '401 -', '404 -'];
  if (seen.join() !== expected.join())
    problems.push(`log entries: ${seen.join(', ')} instead of ${expected.join(', ')}`);
  ok('the demo works: keys, refusals, a log entry for each request', problems);
});

const refused = (change) =>
  withSim((sim) => {
    const document = filled(text);
    change(document);
    return apply(sim, document);
  });
canary('an unknown field of a plugin', await refused((d) => (d.plugins[0].config.hots = 'x')), /unknown field/);
canary(
  'a plugin that Kong does not know',
  await refused((d) => (d.plugins[0].name = 'tcp-logg')),
  /POST \/plugins: 400/,
);
canary('two consumers of one name', await refused((d) => (d.consumers[1].username = 'shop-app')), /409/);
canary('a file that owns everything', await refused((d) => delete d._info), /select_tags/);

collector.close();
upstream.close();
end();
