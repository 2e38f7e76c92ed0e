import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Finding } from '@outrider/domain/detection/alert';
import { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { problemText } from '../file/problem.ts';
import { readRuleFile } from '../file/rule-file.ts';
import { linearRegex } from '../linear-regex.ts';
import { RuleSet } from '../rule-set.ts';
import type { Rule } from '../rule.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);

const read = (text: string): readonly Rule[] => {
  const { rules, problems } = readRuleFile('s.yml', text);
  if (problems.length > 0) throw new Error(problems.map(problemText).join('\n'));
  return rules;
};

interface Request {
  readonly uri: string;
  readonly referer?: string;
  readonly agent?: string;
  readonly event?: Partial<ApiEvent>;
}

/** Requests as collect and detect see them: raw first, then the event. */
const findingsOf = (rules: readonly Rule[], requests: readonly Request[]): Finding[] => {
  const set = RuleSet.compile(rules);
  const matcher = new RawMatcher(set.rawRules, linearRegex);
  const findings: Finding[] = [];
  for (const [i, { uri, referer = '', agent = 'shop/1.0', event }] of requests.entries()) {
    const plain = anAnonymousEvent({ startedAt: T0 + i * 1_000, userAgent: agent, ...event });
    const [path = '', query = ''] = uri.split(/\?(.*)/s);
    const ruleMatches = matcher.match(path, query, agent, referer, plain.method, plain.status);
    set.observe({ ...plain, path, ...{ ruleMatches } }, plain.startedAt, 0, findings);
  }
  return findings;
};

const detection = (body: string): string =>
  `title: T\nid: 01234567-89ab-cdef-0123-456789abcdef\nlogsource:\n  category: webserver\ndetection:\n${body}`;
const hits = (body: string, request: Request): boolean => findingsOf(read(detection(body)), [request]).length > 0;

describe("SigmaHQ's rules load unchanged", () => {
  it.each(readdirSync(FIXTURES).filter((name) => name.endsWith('.yml')))('%s', (name) => {
    expect(read(readFileSync(FIXTURES + name, 'utf8'))).toHaveLength(1);
  });

  it('and find what they are about, told with their authors', () => {
    const rules = read(readFileSync(`${FIXTURES}web_sql_injection_in_access_logs.yml`, 'utf8'));
    const [finding] = findingsOf(rules, [{ uri: '/items?id=1%20UNION%20SELECT%20password' }]);
    expect(finding).toMatchObject({ type: 'rule:sigma-sql-injection-strings-in-uri-5513deaf', severity: 'high' });
    expect(finding?.explanation).toContain('by Saw Win Naung');
    expect(rules[0]?.mapping.attack).toEqual(['T1190']);
    expect(findingsOf(rules, [{ uri: '/items?id=1' }])).toEqual([]);
    expect(findingsOf(rules, [{ uri: '/items?id=1%20UNION%20SELECT%20x', event: { status: 404 } }])).toEqual([]);
  });

  it('and count, in the old way', () => {
    const rules = read(readFileSync(`${FIXTURES}web_multiple_susp_resp_codes_single_source.yml`, 'utf8'));
    const requests = Array.from({ length: 11 }, () => ({ uri: '/', event: { status: 401 } }));
    expect(rules[0]).toMatchObject({ kind: 'threshold', atLeast: 11, groupBy: ['client_ip'], windowMs: 600_000 });
    expect(findingsOf(rules, requests)).toHaveLength(1);
    expect(findingsOf(rules, requests.slice(1))).toEqual([]);
  });
});

describe("Sigma's language", () => {
  it.each<[string, string, Request, boolean]>([
    [
      'plain values are the whole value, and case does not count',
      '  s: { cs-uri-stem: /Admin }\n  condition: s',
      { uri: '/ADMIN' },
      true,
    ],
    ['plain values are not a part', '  s: { cs-uri-stem: /admin }\n  condition: s', { uri: '/admin/x' }, false],
    ['wildcards', "  s: { cs-uri-stem: '/a?min*.php' }\n  condition: s", { uri: '/admin/x.php' }, true],
    [
      'an escaped wildcard is a character',
      "  s: { cs-uri-query|contains: 'a\\*b' }\n  condition: s",
      { uri: '/?q=axb' },
      false,
    ],
    [
      'contains, one of a list',
      '  s: { cs-uri-query|contains: [nope, evil] }\n  condition: s',
      { uri: '/?q=evil' },
      true,
    ],
    ['contains all', '  s: { cs-uri-query|contains|all: [one, two] }\n  condition: s', { uri: '/?q=one' }, false],
    ['startswith', '  s: { cs-uri-stem|startswith: /wp-  }\n  condition: s', { uri: '/wp-login' }, true],
    [
      'endswith on the decoded form',
      "  s: { c-uri|endswith: '/etc/passwd' }\n  condition: s",
      { uri: '/x?f=%2Fetc%2Fpasswd' },
      true,
    ],
    ['re is case-sensitive', "  s: { cs-uri|re: 'id=[0-9]{3,}$' }\n  condition: s", { uri: '/x?ID=1234' }, false],
    ['re with i', "  s: { cs-uri|re|i: 'id=[0-9]{3,}$' }\n  condition: s", { uri: '/x?ID=1234' }, true],
    ['cidr', '  s: { c-ip|cidr: 198.51.100.0/24 }\n  condition: s', { uri: '/' }, true],
    [
      'base64offset',
      "  s: { cs-uri-query|base64offset|contains: '/bin/sh' }\n  condition: s",
      { uri: `/?c=${Buffer.from('x;/bin/sh -i').toString('base64')}` },
      true,
    ],
    ['no query', '  s: { cs-uri-query: null }\n  condition: s', { uri: '/a' }, true],
    ['no query, where there is one', '  s: { cs-uri-query: null }\n  condition: s', { uri: '/a?b' }, false],
    [
      'keywords, anywhere in the line',
      "  keywords: ['evil-bot', '${jndi:']\n  condition: keywords",
      { uri: '/', agent: 'x Evil-Bot 1' },
      true,
    ],
    [
      'referer',
      '  s: { cs-referer|contains: bad.example }\n  condition: s',
      { uri: '/', referer: 'https://bad.example/' },
      true,
    ],
    [
      'user name',
      "  s: { cs-username|endswith: '$' }\n  condition: s",
      { uri: '/', event: { consumerName: 'host$' } },
      true,
    ],
    [
      'a list of mappings is one of them',
      '  s: [{ cs-method: PUT }, { sc-status: 200 }]\n  condition: s',
      { uri: '/' },
      true,
    ],
    ['1 of', '  s_a: { cs-method: PUT }\n  s_b: { sc-status: 200 }\n  condition: 1 of s_*', { uri: '/' }, true],
    ['all of', '  s_a: { cs-method: PUT }\n  s_b: { sc-status: 200 }\n  condition: all of s_*', { uri: '/' }, false],
    ['all of them', '  a: { cs-method: GET }\n  b: { sc-status: 200 }\n  condition: all of them', { uri: '/' }, true],
    [
      'not binds closest, and parentheses bind',
      '  a: { cs-method: GET }\n  b: { sc-status: 200 }\n  condition: a and not (a and b)',
      { uri: '/' },
      false,
    ],
    [
      'and before or',
      '  a: { cs-method: GET }\n  b: { sc-status: 500 }\n  c: { cs-host: nope }\n  condition: a or b and c',
      { uri: '/' },
      true,
    ],
    [
      'raw and stored fields in one',
      '  a: { cs-uri-query|contains: evil }\n  b: { cs-username: bob }\n  condition: a and not b',
      { uri: '/?evil', event: { consumerName: 'bob' } },
      false,
    ],
  ])('%s', (_, body, request, expected) => {
    expect(hits(body, request)).toBe(expected);
  });

  it('event_count and value_count count what their rules see, which is silent by itself', () => {
    const base = `${detection('  s: { sc-status: 401 }\n  condition: s').replace('title: T\n', 'title: Base\nname: base\n')}
---
title: Many paths
correlation:
  type: value_count
  rules: [base]
  group-by: [c-ip]
  timespan: 5m
  condition: { gte: 3, field: cs-uri-stem }
`;
    const rules = read(base);
    expect(rules).toMatchObject([{ kind: 'distinct', field: 'path', groupBy: ['client_ip'], atLeast: 3 }]);
    const at = (n: number) => Array.from({ length: 6 }, (_, i) => ({ uri: `/${i % n}`, event: { status: 401 } }));
    expect(findingsOf(rules, at(2))).toEqual([]);
    expect(findingsOf(rules, at(3))).toHaveLength(1);
  });

  it.each([
    [
      'a search that is not there',
      '  s: { cs-method: GET }\n  condition: s and filter',
      's.yml:7:14 detection.condition: names "filter"',
    ],
    ['an unknown field', '  s: { cs-metod: GET }\n  condition: s', 'did you mean "cs-method"?'],
    ['an unknown modifier', '  s: { cs-uri|containz: GET }\n  condition: s', 'did you mean "contains"?'],
    ['an open parenthesis', '  s: { cs-method: GET }\n  condition: (s', 'lacks a closing parenthesis'],
    ['look-around', "  s: { cs-uri|re: '(?=a)' }\n  condition: s", 'is no regular expression'],
    [
      'a log that is none of a web server',
      '  s: { cs-method: GET }\n  condition: s\nlogsource: { category: proxy }',
      's.yml:',
    ],
  ])('tells %s', (_, body, expected) => {
    expect(readRuleFile('s.yml', detection(body)).problems.map(problemText).join('\n')).toContain(expected);
  });
});

it('a condition of a thousand parentheses is an answer, not a fall', () => {
  const { problems } = readRuleFile(
    's.yml',
    detection(`  s: { cs-method: GET }\n  condition: "${'('.repeat(2_000)}s"`),
  );
  expect(problems).toHaveLength(1);
});

it('a hostile megabyte is matched by RE2 in one go', () => {
  const matches = linearRegex('^(a+)+$', { ignoreCase: false });
  expect(matches(`${'a'.repeat(1_000_000)}!`)).toBe(false);
  expect(linearRegex('(x+x+)+y', { ignoreCase: true })('x'.repeat(1_000_000))).toBe(false);
});
