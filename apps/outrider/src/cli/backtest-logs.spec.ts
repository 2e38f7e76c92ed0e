import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Backtest } from '@outrider/domain/detection/backtest';

const BIN = fileURLToPath(new URL('../../bin/outrider.mjs', import.meta.url));
const LOG = fileURLToPath(new URL('../../../../scenarios/attack-key-guessing/kong.ndjson', import.meta.url));
const GUESSER = '198.51.100.8';

/** The rules of a real log differ in one limit; `more` are further conditions. */
const ruleOf = (atLeast: number, more = ''): string =>
  `id: refusals\ntitle: Many refusals\ndescription: d\nseverity: high\nkind: threshold\nwhere: { status: 401${more} }\ngroup_by: client_ip\nwindow: 5m\nat_least: ${atLeast}\n`;
const policyOf = (seconds: number, types: readonly string[]): string =>
  JSON.stringify({
    name: 'guessers',
    match: { types },
    actions: [{ kind: 'block-address', durationSeconds: seconds }],
  });

describe('outrider backtest over log files, without a server', () => {
  const dir = mkdtempSync(join(tmpdir(), 'outrider-backtest-logs-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const cli = (...args: string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { PATH: '', OUTRIDER_URL: 'http://127.0.0.1:9' };
      const child = spawn(process.execPath, [BIN, 'backtest', ...args], { env });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      child.once('close', (code) => resolve({ code, out, err }));
      child.stdin.end('');
    });
  const result = async (...args: string[]): Promise<NonNullable<Backtest['result']>> => {
    const { code, out, err } = await cli(...args, '--json');
    expect([code, err]).toEqual([0, '']);
    const backtest = Backtest.parse(JSON.parse(out));
    if (!backtest.result) throw new Error('no result');
    return backtest.result;
  };
  const named = (alerts: readonly { readonly entity: { readonly name: string } }[]): string[] =>
    alerts.map(({ entity }) => entity.name);

  it('a lower limit of a rule gains whom it would have told of, over all files at once', async () => {
    const lines = readFileSync(LOG, 'utf8').trim().split('\n');
    const halves = [lines.slice(0, 20), lines.slice(20)].map((half, n) => file(`half${n}.ndjson`, half.join('\n')));
    const [fresh, old] = [file('new.yaml', ruleOf(30)), file('old.yaml', ruleOf(5_000))];
    const { alerts, oneCallerIn } = await result('rule', fresh, '--instead', old, '--log', ...halves);
    expect([alerts.before, named(alerts.gained), oneCallerIn]).toEqual([0, [GUESSER], 1]);
  });

  it('a rule about the raw request finds what is there only while the entries are read', async () => {
    const raw = file('raw.yaml', ruleOf(20, ', raw_path: { contains: /orders }'));
    const other = file('other.yaml', ruleOf(20, ', raw_path: { contains: /nowhere }'));
    expect(named((await result('rule', raw, '--log', LOG)).alerts.gained)).toEqual([GUESSER]);
    expect((await result('rule', other, '--log', LOG)).alerts.after).toBe(0);
    const { code, err } = await cli('rule', raw, '--instead', other, '--log', LOG);
    expect([code, err]).toEqual([2, expect.stringContaining('rename one')]);
  });

  it('a detector that is switched off loses what it found', async () => {
    const { alerts } = await result('detector', 'brute-force', '--set', 'enabled=false', '--log', LOG);
    expect([alerts.after, named(alerts.lost)]).toEqual([0, [GUESSER]]);
  });

  it('a policy is held against what "analyze" would have found, beside the one that it replaces', async () => {
    const policy = file('policy.json', policyOf(600, ['brute-force']));
    const blind = file('blind.json', policyOf(600, ['scraping']));
    const { blocks } = await result('policy', policy, '--log', LOG);
    expect([blocks.before, named(blocks.gained)]).toEqual([0, [GUESSER]]);
    const narrower = await result('policy', blind, '--instead', policy, '--log', LOG);
    expect([named(narrower.blocks.lost), narrower.blocks.after]).toEqual([[GUESSER], 0]);
  });

  it('only what is within the range counts; a time ago counts from the newest entry', async () => {
    const rule = file('rule.yaml', ruleOf(5));
    const { alerts, run } = await result('rule', rule, '--log', LOG, '--from', '-1s');
    expect(alerts.after).toBe(0);
    expect(run).toBeLessThan(10);
  });

  it('says what is wrong, and ends with 2: a rule before a file is read, a file, a time, an empty range', async () => {
    const rule = file('rule.yaml', ruleOf(5));
    const wrong = file('wrong.yaml', ruleOf(5).replace('at_least: 5', 'at_least: many'));
    for (const [args, message] of [
      [['rule', wrong, '--log', join(dir, 'absent')], /rule:9:11 at_least: /],
      [['rule', rule, '--log', join(dir, 'absent')], /absent cannot be read/],
      [['rule', rule, '--log', LOG, '--from', 'yesterday'], /"yesterday" is no time/],
      [['rule', rule, '--log', LOG, '--from', '-1s', '--to', '-5s'], /the range is empty/],
      [['detector', 'brute-force', '--set', 'nonsense=1', '--log', LOG], /brute-force has no such/],
    ] as const) {
      const { code, out, err } = await cli(...args);
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
    }
  });
});
