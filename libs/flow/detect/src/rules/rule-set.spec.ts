import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent, anApiEvent } from '@outrider/domain/traffic/testing';
import { readRuleFile } from './file/rule-file.ts';
import { problemText } from './file/problem.ts';
import { RuleSet } from './rule-set.ts';
import type { Rule } from './rule.ts';

const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Rules from YAML; a test's own text must be without fault. */
export const rulesOf = (text: string): readonly Rule[] => {
  const { rules, problems } = readRuleFile('test.yaml', text);
  if (problems.length > 0) throw new Error(problems.map(problemText).join('\n'));
  return rules;
};

const run = (set: RuleSet, events: readonly ApiEvent[], until?: number): Finding[] => {
  const findings: Finding[] = [];
  for (const event of events) set.observe(event, event.startedAt, 0, findings);
  if (until !== undefined) set.tick(until, findings);
  return findings;
};

const at = (ms: number, more: Partial<ApiEvent> = {}): ApiEvent => anAnonymousEvent({ startedAt: T0 + ms, ...more });

const rule = (kind: string, rest: string): string => `
id: test
kind: ${kind}
description: What a test is about.
severity: high
${rest}`;

describe('threshold', () => {
  const set = (): RuleSet =>
    RuleSet.compile(
      rulesOf(rule('threshold', 'where: { status: [401, 403] }\ngroup_by: client_ip\nwindow: 5m\nat_least: 5')),
    );

  it('fires with the event that reaches the limit within the window, and not with one less', () => {
    const four = [0, 1, 2, 3].map((i) => at(i * 1_000, { status: 401 }));
    expect(run(set(), four)).toEqual([]);
    const [finding, ...others] = run(set(), [...four, at(4_000, { status: 403 })]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      type: 'rule:test',
      severity: 'high',
      entity: { kind: 'ip', id: '198.51.100.10' },
      observed: { value: 5 },
      expected: { high: 5 },
      detectedAt: T0 + 4_000,
    });
    expect(finding?.samples).toHaveLength(5);
    expect(finding?.explanation).toContain('5 matching requests within 5m');
    expect(finding?.explanation).toContain('What a test is about.');
    expect(finding?.query).toContain('status IN [401, 403]');
  });

  it('does not add up what is further apart than the window, other groups, or other tenants', () => {
    const apart = [0, 1, 2, 3, 4].map((i) => at(i * 2 * MINUTE, { status: 401 }));
    expect(run(set(), apart)).toEqual([]);
    const groups = [0, 1, 2, 3, 4].map((i) => at(i, { status: 401, clientIp: `192.0.2.${i}` }));
    expect(run(set(), groups)).toEqual([]);
    const tenants = [0, 1, 2, 3, 4].map((i) => at(i, { status: 401, tenant: `t${i}` }));
    expect(run(set(), tenants)).toEqual([]);
  });

  it('goes on being reported, not more often than every ten seconds', () => {
    const flood = Array.from({ length: 300 }, (_, i) => at(i * 100, { status: 401 }));
    expect(run(set(), flood)).toHaveLength(3);
  });

  it('finds the same groups in any order of arrival within reach', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ ip: fc.integer({ min: 1, max: 3 }), ms: fc.integer({ min: 0, max: 8 * MINUTE }) }), {
          maxLength: 40,
        }),
        fc.infiniteStream(fc.nat()),
        (given, keys) => {
          // Not later than the rule's window after a group's newest event: that is how much disorder it bears.
          const events = given
            .filter(({ ms }) => ms < 5 * MINUTE)
            .map(({ ip, ms }) => at(ms, { status: 401, clientIp: `192.0.2.${ip}` }));
          const shuffled = [...events]
            .map((event) => ({ event, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event);
          const inOrder = [...events].sort((a, b) => a.startedAt - b.startedAt);
          const found = (list: readonly ApiEvent[]) => [...new Set(run(set(), list).map((f) => f.entity.id))].sort();
          expect(found(shuffled)).toEqual(found(inOrder));
        },
      ),
    );
  });

  it('forgets the groups of lanes that went elsewhere only where a lane is theirs', () => {
    const byCaller = RuleSet.compile(rulesOf(rule('threshold', 'window: 5m\nat_least: 3')));
    const findings: Finding[] = [];
    for (const i of [0, 1]) byCaller.observe(at(i), T0 + i, 7, findings);
    byCaller.forgetLanes(new Set([7]));
    expect(byCaller.groups).toBe(0);
  });
});

describe('distinct', () => {
  const set = (): RuleSet =>
    RuleSet.compile(rulesOf(rule('distinct', 'field: path\ngroup_by: client_ip\nwindow: 10m\nat_least: 4')));

  it('counts values, not events', () => {
    const same = Array.from({ length: 50 }, (_, i) => at(i * 1_000, { path: `/a/${i % 3}` }));
    expect(run(set(), same)).toEqual([]);
    const [finding] = run(set(), [...same, at(60_000, { path: '/a/3' })]);
    expect(finding).toMatchObject({ observed: { metric: 'distinct path', value: 4 } });
  });

  it('forgets values that have left the window', () => {
    const slow = Array.from({ length: 30 }, (_, i) => at(i * 4 * MINUTE, { path: `/a/${i}` }));
    expect(run(set(), slow)).toEqual([]);
  });

  it('finds the same groups in any order of arrival within reach', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ path: fc.integer({ min: 0, max: 8 }), ms: fc.integer({ min: 0, max: 10 * MINUTE - 1 }) }),
          {
            maxLength: 25,
          },
        ),
        fc.infiniteStream(fc.nat()),
        (given, keys) => {
          const events = given.map(({ path, ms }) => at(ms, { path: `/${path}` }));
          const shuffled = [...events]
            .map((event) => ({ event, key: keys.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event);
          const inOrder = [...events].sort((a, b) => a.startedAt - b.startedAt);
          expect(run(set(), shuffled).length > 0).toBe(run(set(), inOrder).length > 0);
        },
      ),
    );
  });
});

describe('ratio', () => {
  const set = (): RuleSet =>
    RuleSet.compile(
      rulesOf(
        rule(
          'ratio',
          'where: { kind: http }\nmatching: { status: { gte: 500 } }\ngroup_by: service_name\nwindow: 5m\nshare: 0.5\nmin_events: 20',
        ),
      ),
    );
  const mixed = (bad: number, good: number): ApiEvent[] => [
    ...Array.from({ length: bad }, (_, i) => at(i * 100, { status: 502 })),
    ...Array.from({ length: good }, (_, i) => at(i * 100, { status: 200 })),
  ];

  it('wants the share to be sure: half of twenty is not, two thirds of a hundred is', () => {
    expect(run(set(), mixed(10, 10), T0 + MINUTE)).toEqual([]);
    expect(run(set(), mixed(19, 0), T0 + MINUTE)).toEqual([]);
    const findings = run(set(), mixed(67, 33), T0 + MINUTE);
    expect(findings.at(-1)).toMatchObject({
      entity: { kind: 'service' },
      observed: { metric: 'matching share', value: 0.67 },
    });
  });

  it('does not depend on the order of events within a part', () => {
    const bad = Array.from({ length: 20 }, (_, i) => at(i, { status: 502 }));
    const good = Array.from({ length: 60 }, (_, i) => at(i, { status: 200 }));
    expect(run(set(), [...bad, ...good], T0 + MINUTE)).toEqual([]);
    expect(run(set(), [...good, ...bad], T0 + MINUTE)).toEqual([]);
  });
});

describe('new-term', () => {
  const set = (): RuleSet =>
    RuleSet.compile(
      rulesOf(rule('new-term', 'field: country\ngroup_by: caller\nhistory: 14d\nwarm_up: 2d\nmin_events: 10')),
    );
  const from = (day: number, country: string): ApiEvent => ({ ...at(day * DAY), country }) as ApiEvent; // the field may be newer than the type

  it('says what is new only of a group that is known well enough', () => {
    const early = Array.from({ length: 20 }, (_, i) => from(i / 20, i % 2 === 0 ? 'NL' : 'BE'));
    expect(run(set(), early)).toEqual([]);
    const [finding, ...others] = run(set(), [...early, from(3, 'NL'), from(3.1, 'KP'), from(3.2, 'KP')]);
    expect(others).toEqual([]);
    expect(finding?.explanation).toContain('country is "KP"');
  });

  it('calls a value new again once the history has passed', () => {
    const steady = Array.from({ length: 40 }, (_, i) => from(i / 2, 'NL'));
    const findings = run(set(), [from(0, 'BE'), ...steady, from(20, 'BE')]);
    expect(findings).toHaveLength(1);
  });
});

describe('sequence', () => {
  const set = (): RuleSet =>
    RuleSet.compile(
      rulesOf(
        rule(
          'sequence',
          `group_by: client_ip
window: 10m
steps:
  - { name: refused logins, where: { status: 401 }, at_least: 3 }
  - { name: a login, where: { status: 200, path: /login } }
  - { name: an export, where: { path: { prefix: /export } } }`,
        ),
      ),
    );
  const refused = [0, 1, 2].map((i) => at(i * 1_000, { status: 401 }));
  const login = at(10_000, { status: 200, path: '/login' });
  const exported = at(20_000, { path: '/export/all' });

  it('wants all steps in order, within the window', () => {
    expect(run(set(), [...refused, login, exported])).toHaveLength(1);
    expect(run(set(), [login, ...refused, exported])).toHaveLength(1);
    expect(run(set(), [...refused.slice(1), login, exported])).toEqual([]);
    expect(run(set(), [...refused, login])).toEqual([]);
    expect(run(set(), [...refused, login, at(11 * MINUTE, { path: '/export/all' })])).toEqual([]);
    expect(run(set(), [...refused, exported, at(30_000, { path: '/login' })])).toEqual([]);
  });

  it('completes in any order of arrival', () => {
    const events = [...refused, login, exported];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (order) => {
        expect(run(set(), order)).toHaveLength(1);
      }),
    );
  });
});

describe('absence', () => {
  it('misses what came in every window, once, and only after it had come for long enough', () => {
    const set = (): RuleSet =>
      RuleSet.compile(rulesOf(rule('absence', 'where: { path: /beat }\ngroup_by: client_ip\nwindow: 10m\nregular: 5')));
    const beats = (n: number) => Array.from({ length: n }, (_, i) => at(i * 9 * MINUTE, { path: '/beat' }));
    const others = Array.from({ length: 120 }, (_, i) => at(i * MINUTE + 1, { clientIp: '192.0.2.9' }));
    const sorted = (list: ApiEvent[]) => [...list].sort((a, b) => a.startedAt - b.startedAt);
    expect(run(set(), sorted([...beats(3), ...others]), T0 + 120 * MINUTE)).toEqual([]);
    const findings = run(set(), sorted([...beats(8), ...others]), T0 + 120 * MINUTE);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ entity: { id: '198.51.100.10' }, detectedAt: T0 + (63 + 10) * MINUTE });
  });

  it('misses an answer to another event, and takes one that arrives before its question', () => {
    const set = (): RuleSet =>
      RuleSet.compile(
        rulesOf(rule('absence', 'where: { path: /confirm }\nafter: { path: /order }\ngroup_by: caller\nwindow: 1m')),
      );
    const order = at(0, { path: '/order' });
    const confirm = at(30_000, { path: '/confirm' });
    expect(run(set(), [order, confirm], T0 + 5 * MINUTE)).toEqual([]);
    expect(run(set(), [confirm, order], T0 + 5 * MINUTE)).toEqual([]);
    expect(run(set(), [order], T0 + 30_000)).toEqual([]);
    expect(run(set(), [order], T0 + 5 * MINUTE)).toHaveLength(1);
  });
});

it('an event that no rule can care for makes no group, and a disabled rule and an exception see nothing', () => {
  const text = `${rule('threshold', 'where: { method: DELETE }\nwindow: 1m\nat_least: 1')}
exceptions:
  - { field: client_ip, values: [192.0.2.0/24], reason: the test bench, until: 2026-01-06 }
---
id: off
kind: threshold
description: Off.
severity: low
enabled: false
window: 1m
at_least: 1`;
  const set = RuleSet.compile(rulesOf(text));
  expect(run(set, [at(0), at(1, { method: 'DELETE', clientIp: '192.0.2.4' })])).toEqual([]);
  expect(set.groups).toBe(0);
  expect(run(set, [at(2 * DAY, { method: 'DELETE', clientIp: '192.0.2.4' })])).toHaveLength(1);
});

it('keeps what a rule has counted when a reload leaves its text alone', () => {
  const one = (limit: number): string => rule('threshold', `window: 5m\nat_least: ${limit}`);
  const first = RuleSet.compile(rulesOf(one(3)));
  expect(run(first, [at(0), at(1)])).toEqual([]);
  const same = RuleSet.compile(rulesOf(`# a comment\n${one(3)}`), first);
  expect(run(same, [at(2)])).toHaveLength(1);
  expect(run(RuleSet.compile(rulesOf(one(4)), same), [at(3)])).toEqual([]);
});

it('marks findings of a simulated rule', () => {
  const set = RuleSet.compile(rulesOf(rule('threshold', 'simulate: true\nwindow: 5m\nat_least: 1')));
  expect(run(set, [at(0)])[0]).toMatchObject({ simulated: true });
});

it('explains what each rule makes of an event', () => {
  const set = RuleSet.compile(
    rulesOf(rule('threshold', 'where: { status: 401, method: POST }\nwindow: 5m\nat_least: 5')),
  );
  expect(set.explain(anApiEvent({ status: 200, method: 'POST' }))).toMatchObject([
    { rule: 'test', matched: [], why: 'status is "200", which does not fulfil "equals"' },
  ]);
  expect(set.explain(at(0, { status: 401, method: 'POST' }))).toMatchObject([
    { matched: ['where'], group: { caller: 'ip:198.51.100.10' }, why: 'counts towards 5 in 300 s' },
  ]);
});

it('holds no more groups than its bound, and counts what it forgot', () => {
  const set = RuleSet.compile(rulesOf(rule('threshold', 'group_by: path\nwindow: 5m\nat_least: 2')));
  const findings: Finding[] = [];
  for (let i = 0; i < 21_000; i++) set.observe(at(i, { path: `/${i}` }), T0 + i, 0, findings);
  expect(set.groups).toBe(20_000);
  expect(set.evicted).toBe(1_000);
});
