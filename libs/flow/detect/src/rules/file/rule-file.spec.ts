import { describe, expect, it } from '@jest/globals';
import { problemText } from './problem.ts';
import { readRuleFile } from './rule-file.ts';

const problemsOf = (text: string): string[] => readRuleFile('r.yaml', text).problems.map(problemText);

const GOOD = `id: a
kind: threshold
description: d
severity: low
window: 5m
at_least: 3
`;

describe('a rule file with faults says where each is, what stands there and what may', () => {
  it.each([
    [
      'an unknown key',
      `${GOOD}windw: 5m`,
      'r.yaml:7:1 windw: unknown key; found "windw"; did you mean "window"?; allowed: kind, id,',
    ],
    [
      'an unknown field',
      `${GOOD}where:\n  statuss: 401`,
      'r.yaml:8:3 where.statuss: unknown field; found "statuss"; did you mean "status"?',
    ],
    ['a field in another spelling', `${GOOD}where:\n  clientIp: x`, 'did you mean "client_ip"?'],
    ['the first word of a field', `${GOOD}where:\n  consumer: x`, 'did you mean "consumer_id"?'],
    ['the last word of a field', `${GOOD}where:\n  ip: x`, 'did you mean "client_ip"?'],
    [
      'an unknown operator',
      `${GOOD}where:\n  path: { startswith: /a }`,
      'r.yaml:8:11 where.path.startswith: unknown operator',
    ],
    ['a missing key', GOOD.replace('severity: low\n', ''), 'r.yaml:1:1 severity: is missing'],
    [
      'a value not allowed',
      GOOD.replace('low', 'hgih'),
      'r.yaml:4:11 severity: is not allowed; found "hgih"; did you mean "high"?; allowed: info, low, medium, high, critical',
    ],
    [
      'an unknown kind',
      GOOD.replace('threshold', 'treshold'),
      'r.yaml:2:7 kind: is no kind of rule; found "treshold"; did you mean "threshold"?',
    ],
    [
      'a duration of no sort',
      GOOD.replace('5m', 'five'),
      'r.yaml:5:9 window: is no duration; found "five"; allowed: a number and ms, s, m, h, d or w, from 10s to 1d',
    ],
    ['a duration out of bounds', GOOD.replace('5m', '9d'), 'r.yaml:5:9 window: is out of bounds'],
    [
      'a wrong type',
      GOOD.replace('at_least: 3', 'at_least: many'),
      'r.yaml:6:11 at_least: is of the wrong type; found "many"; allowed: a number',
    ],
    [
      'too small a number',
      GOOD.replace('at_least: 3', 'at_least: 0'),
      'r.yaml:6:11 at_least: is too small; found 0; allowed: at least 1',
    ],
    [
      'a bad regular expression',
      `${GOOD}where:\n  path: { regex: "(?<=a)b" }`,
      'r.yaml:8:18 where.path.regex: is no regular expression',
    ],
    [
      'a bad range',
      `${GOOD}where: { client_ip: { cidr: [10.0.0.0/8, 10.0.0.0/64] } }`,
      'r.yaml:7:42 where.client_ip.cidr[1]: is no address or range',
    ],
    ['text compared with a number', `${GOOD}where: { path: { gt: 5 } }`, 'where.path.gt: path is text'],
    ['a number that is none', `${GOOD}where: { status: ok }`, 'r.yaml:7:18 where.status: is no number; found "ok"'],
    ['a raw field to group by', `${GOOD}group_by: raw_query`, 'group_by: is not stored'],
    [
      'an entity that is not grouped by',
      `${GOOD}group_by: client_ip\nentity: service_id`,
      'r.yaml:8:9 entity: is not among the fields of group_by; found "service_id"; allowed: caller, client_ip',
    ],
    [
      'an unknown OWASP category',
      `${GOOD}mapping: { owasp: [API11:2023] }`,
      'r.yaml:7:20 mapping.owasp[0]: is no category',
    ],
    [
      'an exception without a reason',
      `${GOOD}exceptions:\n  - { field: path, values: [/a] }`,
      'r.yaml:8:5 exceptions[0].reason: is missing',
    ],
    [
      'an exception with no real end',
      `${GOOD}exceptions:\n  - { field: path, values: [/a], reason: r, until: soon }`,
      'exceptions[0].until: is no time',
    ],
    [
      'an absence rule without its expectation',
      GOOD.replace('threshold', 'absence').replace('at_least: 3', 'regular: 5'),
      'where is missing',
    ],
    ['one id twice', `${GOOD}---\n${GOOD}`, 'r.yaml:8:1 id: is the id of the rule in line 1 as well'],
    ['no YAML', `${GOOD}where: { a: [`, 'r.yaml:'],
    [
      'a bomb of aliases',
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]`,
      'alias',
    ],
  ])('%s', (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems.some((problem) => problem.includes(expected)) ? expected : problems.join('\n')).toBe(expected);
  });

  it('tells all of them at once', () => {
    expect(problemsOf(`${GOOD.replace('low', 'lo')}windw: 1\nwhere: { sttus: 1, methd: GET }`)).toHaveLength(4);
  });

  it('is not held up by a file that is too big', () => {
    expect(problemsOf(`# ${'x'.repeat(300_000)}`)).toEqual(['r.yaml:1:1: the file is too big; allowed: 262144 bytes']);
  });
});

it('reads several documents, and takes defaults for what is not said', () => {
  const { rules, problems } = readRuleFile('r.yaml', `${GOOD}---\n${GOOD.replace('id: a', 'id: b')}---\n`);
  expect(problems).toEqual([]);
  expect(rules).toMatchObject([
    {
      id: 'a',
      title: 'a',
      windowMs: 300_000,
      groupBy: ['caller'],
      entity: 'caller',
      enabled: true,
      simulate: false,
      confidence: 0.7,
    },
    { id: 'b', origin: { line: 8 } },
  ]);
});
