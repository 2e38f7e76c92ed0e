// Remakes the table of docs/backtests.md. From the repository's root, after a build:
//   node libs/flow/detect/bench/backtest-10m.mjs [events] [folder]
// Makes that many stored events of a week (default 10,000,000) in a temporary folder, or uses those that a folder holds from before;
// then runs each backtest, and prints how long it took, for how long the process was deaf, and how much CPU a turn of its event loop took (Linux):
// on a machine that others use as well the clock says more about them.
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { KEEP_ALL } from '@outrider/clickhouse/retention';
import { runBacktest } from '../dist/backtest/run-backtest.js';
import { DetectSettings } from '../dist/settings.js';

const TOTAL = Number(process.argv[2] ?? 10_000_000);
const FROM = Date.UTC(2026, 0, 5);
const WEEK_MS = 7 * 86_400_000;
const BLOCK = 500_000;
const say = (line) => process.stdout.write(`${line}\n`);

/** Two thousand consumers of very unequal size, one request in twenty by an address without a credential, paths with ids. */
const blockSql = (
  first,
  count,
) => `INSERT INTO events_v1 (tenant, gateway, id, kind, started_at, received_at, consumer_id, consumer_name,
  credential_id, credential_fingerprint, client_ip, method, host, path, path_template, query, status, answered_by, refusal, request_bytes,
  response_bytes, latency_total_ms, latency_kong_ms, latency_upstream_ms, tries, service_id, service_name, route_id, route_name, user_agent,
  response_content_type, tls_version, bus_position, client_fingerprint)
SELECT 'default', 'default', generateUUIDv4(n), 'http', at, at + INTERVAL 300 MILLISECOND,
  if(anonymous, '', concat('c0000000-0000-4000-8000-', leftPad(toString(who), 12, '0'))), if(anonymous, '', concat('consumer-', toString(who))),
  if(anonymous, '', concat('d0000000-0000-4000-8000-', leftPad(toString(who), 12, '0'))), if(anonymous, '', hex(cityHash64(who))),
  if(anonymous, concat('203.0.', toString(h % 250), '.', toString(1 + intDiv(h, 999) % 250)), concat('198.', toString(18 + who % 2), '.', toString(intDiv(who, 8)), '.', toString(1 + (h % 3)))),
  ['GET', 'GET', 'GET', 'POST'][1 + h % 4], concat('api', toString(service % 3), '.example.com'),
  concat('/v1/resource-', toString(endpoint), '/', toString(intDiv(h, 7) % 1000000)), concat('/v1/resource-', toString(endpoint), '/{id}'),
  if(h % 10 < 3, concat('page=int:', toString(1 + h % 3), '&q=text:', toString(h % 30)), ''),
  status, if(status IN (401, 429), 'kong', 'upstream'), multiIf(status = 401, 'unauthenticated', status = 429, 'rate-limited', ''),
  300 + h % 400, 200 + h % 20000, 5 + h % 90, h % 4, 5 + h % 80, 1,
  concat('e0000000-0000-4000-8000-', leftPad(toString(service), 12, '0')), concat('service-', toString(service)),
  concat('f0000000-0000-4000-8000-', leftPad(toString(service), 12, '0')), concat('route-', toString(service)),
  concat('partner-sdk/', toString(who % 60), ' (linux)'), 'application/json', 'TLSv1.3', n, hex(cityHash64(who % 500))
FROM (
  SELECT number AS n, cityHash64(number) AS h, cityHash64(number, 1) AS h2, h2 % 20 = 0 AS anonymous,
    toUInt32(floor(2000 * pow((h % 1000003) / 1000003, 3))) AS who,
    toUInt32(floor(120 * pow((h2 % 1000003) / 1000003, 2))) AS endpoint, endpoint % 12 AS service,
    fromUnixTimestamp64Milli(toInt64(${FROM} + intDiv(number * ${WEEK_MS}, ${TOTAL}))) AS at,
    multiIf(anonymous, 401, intDiv(h, 1000) % 100 < 93, 200, intDiv(h, 1000) % 100 < 97, 404, intDiv(h, 1000) % 100 < 99, 429, 502) AS status
  FROM numbers(${first}, ${count})
)`;

const rule = (text) => `id: tried\ntitle: tried\ndescription: tried\nseverity: medium\n${text}`;
const CASES = {
  'rule: threshold on refused requests by address': {
    kind: 'rule',
    rule: rule('kind: threshold\nwhere: { status: [401, 403] }\ngroup_by: client_ip\nwindow: 5m\nat_least: 4'),
  },
  'rule: threshold on all requests by caller': {
    kind: 'rule',
    rule: rule('kind: threshold\ngroup_by: caller\nwindow: 5m\nat_least: 60'),
    instead: rule('kind: threshold\ngroup_by: caller\nwindow: 5m\nat_least: 75'),
  },
  'rule: share of errors by caller': {
    kind: 'rule',
    rule: rule(
      'kind: ratio\nwhere: { kind: http }\nmatching: { status: { gte: 400 } }\ngroup_by: caller\nwindow: 5m\nshare: 0.2\nmin_events: 20',
    ),
  },
  'rule: sequence, every event may matter': {
    kind: 'rule',
    rule: rule(
      'kind: sequence\nsteps:\n  - { name: refused, where: { status: 404 }, at_least: 3 }\n  - { name: let in, where: { status: 200 } }\ngroup_by: caller\nwindow: 1m',
    ),
  },
  'detector: brute-force': { kind: 'detector', type: 'brute-force', settings: {} },
  'detector: endpoint-probing': { kind: 'detector', type: 'endpoint-probing', settings: { distinct60s: 10 } },
  'detector: request-spike': { kind: 'detector', type: 'request-spike', settings: {} },
  'detector: composite-risk': { kind: 'detector', type: 'composite-risk', settings: {} },
};

/** CPU of the main thread; ms. */
const mainThreadMs = () => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0; // not Linux
  }
};

/** CPU of each turn of the event loop while it runs; ms. */
class TurnProbe {
  #turns = [];
  #last = mainThreadMs();
  #next = setImmediate(() => this.#tick()).unref(); // it must not spin while nothing happens

  #tick() {
    const now = mainThreadMs();
    this.#turns.push(now - this.#last);
    this.#last = now;
    this.#next = setImmediate(() => this.#tick()).unref(); // it must not spin while nothing happens
  }

  stop() {
    clearImmediate(this.#next);
    const sorted = this.#turns.sort((a, b) => a - b);
    const at = (part) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
    return `turns ${at(0.99)} ms of CPU (p99), ${at(1)} ms (most)`;
  }
}

const folder = process.argv[3];
const dir = folder ?? mkdtempSync(join(tmpdir(), 'outrider-backtest-'));
const isNew = !existsSync(join(dir, 'store'));
const clickhouse = await openClickHouse({ dir: join(dir, 'store') });
const store = new ClickHouseEventStore(clickhouse, KEEP_ALL);
const rows = async (query) => (await clickhouse.client.query({ query, format: 'JSONCompactEachRow' })).json();
try {
  await store.prepare();
  if (isNew) {
    // Aggregates are not read, but for baselines: callers are new to them here.
    for (const [view] of await rows(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'",
    ))
      await clickhouse.client.command({ query: `DROP VIEW ${view}` });
    const began = performance.now();
    for (let first = 0; first < TOTAL; first += BLOCK) {
      await clickhouse.client.command({ query: blockSql(first, Math.min(BLOCK, TOTAL - first)) });
      if (process.stderr.isTTY) process.stderr.write(`\r${first + BLOCK}`);
    }
    say(`${TOTAL} events stored in ${Math.round((performance.now() - began) / 1000)} s`);
  }
  const none = {
    list: async () => [],
    overrides: async () => [],
    exceptions: async () => [],
    documents: async () => [],
  };
  const guardRails = async () => ({
    killSwitch: false,
    simulateAll: false,
    capPerHour: 60,
    neverBlockPrivate: true,
    neverBlock: [],
  });
  const stores = { events: store, alerts: none, policies: { ...none, guardRails }, controls: none, endpoints: none };
  const only = process.argv[4];
  for (const [name, change] of Object.entries(CASES).filter(([name]) => only === undefined || name.includes(only))) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const probe = new TurnProbe();
    const before = process.cpuUsage();
    const request = { change, range: { from: FROM, to: FROM + WEEK_MS } };
    const result = await runBacktest('default', request, DetectSettings.parse({}), stores, {
      onProgress: () => undefined,
      isStopped: () => false,
    });
    delay.disable();
    const turns = probe.stop();
    const { user, system } = process.cpuUsage(before);
    const ms = (ns) => Math.round(ns / 1e6);
    const { events, run, oneCallerIn, seconds, alerts } = result;
    say(
      `${name}: ${seconds} s (${Math.round((user + system) / 1e6)} s of CPU), ${events} matter, ${run} run (1 caller in ${oneCallerIn}), ${alerts.before} -> ${alerts.after} alerts; deaf ${ms(delay.percentile(99))} ms (p99), ${ms(delay.max)} ms (most); ${turns}; ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
    );
  }
} finally {
  await clickhouse.close();
  if (folder === undefined) rmSync(dir, { recursive: true, force: true });
}
