import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { storedRows } from '@outrider/clickhouse/testing/event-rows';
import { readRuleFile } from '@outrider/detect/rules/file/rule-file';
import { RuleSet } from '@outrider/detect/rules/rule-set';
import { ruleToSql } from '@outrider/detect/rules/rule-to-sql';
import type { Rule } from '@outrider/detect/rules/rule';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';

const T0 = Date.UTC(2026, 0, 5, 22, 30, 0);
const SPAN_MS = 3 * 3_600_000;

const ruleOf = (rest: string): Rule => {
  const { rules, problems } = readRuleFile('r.yaml', `id: r\ndescription: d\nseverity: low\n${rest}`);
  const [rule] = rules;
  if (!rule || problems.length > 0) throw new Error(JSON.stringify(problems));
  return rule;
};

/** The same events on every run. */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const traffic = (): ApiEvent[] => {
  const next = random(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T; // never empty
  const events = Array.from({ length: 6_000 }, (_, i) => {
    const burst = i % 3 === 0 ? Math.floor(next() * 4) * 2_400_000 + next() * 200_000 : next() * SPAN_MS;
    const anonymous = next() < 0.5;
    return anApiEvent({
      startedAt: T0 + Math.floor(burst),
      clientIp: pick(['192.0.2.1', '192.0.2.77', '198.51.100.3', '2001:db8::7', '10.1.2.3']),
      ...(anonymous ? { consumerId: '', consumerName: '', credentialId: '' } : {}),
      method: pick(['GET', 'GET', 'POST']),
      status: pick([200, 200, 201, 401, 404, 500, 503]),
      path: pick([
        '/orders/1',
        '/orders/2',
        '/Admin/users',
        "/o'brien\\x",
        '/login',
        `/items/${Math.floor(next() * 30)}`,
      ]),
      query: pick(['', '', 'page=2&q=text:4', 'limit=500', 'admin']),
      userAgent: pick(['curl/8', 'Mozilla/5.0', 'SQLMap/1']),
      consumerTags: pick([[], ['gold'], ['gold', 'eu']]),
    });
  });
  return events.sort((a, b) => a.startedAt - b.startedAt);
};

const RULES: Readonly<Record<string, string>> = {
  'threshold by address':
    'kind: threshold\nwhere: { status: [401, 404] }\ngroup_by: client_ip\nwindow: 5m\nat_least: 30',
  'threshold by caller and method': 'kind: threshold\ngroup_by: [caller, method]\nwindow: 1m\nat_least: 25',
  'conditions of every sort': `kind: threshold
where:
  or:
    - { path: { prefix: /admin, ignore_case: true }, client_ip: { cidr: [192.0.2.0/24, "2001:db8::/32"] } }
    - { user_agent: { regex: "^(?:sql|cu)" , ignore_case: true }, status: { gte: 500, lt: 503 } }
    - { query_names: [limit, admin], hour: { gte: 23 } }
    - { query.limit: { gte: 100 }, consumer_tags: gold }
    - { path: { suffix: "\\\\x" }, not: { method: POST } }
    - { path: "/o'brien\\\\x", answered_by: upstream, status: { not: 200 } }
    - { consumer_name: { exists: false }, weekday: { gt: 1 }, caller: { prefix: "ip:" } }
group_by: client_ip
window: 10m
at_least: 20`,
  'threshold with an exception': `kind: threshold
where: { method: GET }
group_by: client_ip
window: 5m
at_least: 40
exceptions:
  - { field: client_ip, values: [192.0.2.0/24], reason: ours, until: 2026-01-05T23:40:00Z }`,
  'distinct by address': 'kind: distinct\nfield: path\ngroup_by: client_ip\nwindow: 5m\nat_least: 20',
  'distinct of a list': 'kind: distinct\nfield: query_names\ngroup_by: endpoint\nwindow: 2m\nat_least: 4',
  ratio:
    'kind: ratio\nwhere: { kind: http }\nmatching: { status: { gte: 401 } }\ngroup_by: [client_ip, method]\nwindow: 5m\nshare: 0.5\nmin_events: 10',
};

describe('a rule as SQL', () => {
  let temporary: TemporaryStore;
  const events = traffic();
  beforeAll(async () => {
    temporary = await openTemporaryStore();
    await temporary.store.insertEvents({ rows: storedRows(events), token: 'rules' });
  });
  afterAll(() => temporary.remove());

  it.each(Object.entries(RULES))('finds the groups and the first windows that RuleSet finds: %s', async (_, text) => {
    const rule = ruleOf(text);
    const sql = ruleToSql(rule);
    if (!sql) throw new Error('no SQL');
    const result = await temporary.clickhouse.client.query({
      query: sql.sql,
      query_params: { ...sql.params, tenant: 'default', from: T0, to: T0 + SPAN_MS },
      format: 'JSONEachRow',
    });
    const rows = await result.json<Record<string, string>>();
    const stored = firsts(
      rows.map((row) => ({ group: groupOf(row, rule), at: Number(row['window_to']) - 1 })),
      rule,
    );
    expect(seen(rule, events)).toEqual(stored);
    expect(stored.size).toBeGreaterThan(0);
  });

  it('binds every value, and is not to be had for what the store cannot tell', () => {
    const sql = ruleToSql(
      ruleOf('kind: threshold\nwhere: { path: "\'; DROP TABLE events_v1" }\nwindow: 5m\nat_least: 3'),
    );
    expect(sql?.sql).not.toContain('DROP');
    expect(Object.values(sql?.params ?? {})).toContainEqual(["'; DROP TABLE events_v1"]);
    expect(
      ruleToSql(ruleOf('kind: threshold\nwhere: { raw_query: { contains: x } }\nwindow: 5m\nat_least: 3')),
    ).toBeUndefined();
  });
});

/** What RuleSet finds: by group the part of the window in which it said so first. */
const seen = (rule: Rule, events: readonly ApiEvent[]): Map<string, number> => {
  const set = RuleSet.compile([rule]);
  const findings: Finding[] = [];
  const found: { group: string; at: number }[] = [];
  for (const event of events) {
    set.observe(event, event.startedAt, 0, findings);
    for (const finding of findings.splice(0))
      found.push({ group: groupIn(finding.query, rule), at: finding.detectedAt - (rule.kind === 'ratio' ? 1 : 0) });
  }
  set.tick(T0 + 2 * SPAN_MS, findings);
  for (const finding of findings) found.push({ group: groupIn(finding.query, rule), at: finding.detectedAt - 1 });
  return firsts(found, rule);
};

const partMs = (rule: Rule): number => Math.max(1_000, Math.ceil(rule.windowMs / 60));

const firsts = (found: readonly { group: string; at: number }[], rule: Rule): Map<string, number> => {
  const first = new Map<string, number>();
  for (const { group, at } of found) {
    const part = Math.floor(at / partMs(rule));
    if (part < (first.get(group) ?? Number.POSITIVE_INFINITY)) first.set(group, part);
  }
  return new Map([...first].sort());
};

const groupOf = (row: Record<string, string>, rule: Rule): string =>
  rule.groupBy.map((_, i) => row[`g${i}`] ?? '').join(' ');

/** The finding's own query names its group. */
const groupIn = (query: string, rule: Rule): string =>
  query
    .split('\n')
    .slice(3, 3 + rule.groupBy.length)
    .map((line) => /= '(.*)'$/.exec(line)?.[1] ?? '')
    .join(' ');
