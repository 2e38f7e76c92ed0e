import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Backtest } from '@outrider/domain/detection/backtest';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { eventually } from '@outrider/testing/eventually';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';

const BIN = fileURLToPath(new URL('../../bin/outrider.mjs', import.meta.url));
const SCENARIO = fileURLToPath(new URL('../../../../scenarios/attack-key-guessing/kong.ndjson', import.meta.url));
const GUESSER = '198.51.100.8';

/** Of 401s by address. */
const ruleOf = (atLeast: number): string =>
  `id: refusals\ntitle: Many refusals\ndescription: d\nseverity: high\nkind: threshold\nwhere: { status: 401 }\ngroup_by: client_ip\nwindow: 5m\nat_least: ${atLeast}\n`;

const happeningNow = (): Uint8Array => {
  const lines = readFileSync(SCENARIO, 'utf8').trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { started_at: number });
  const shift = Date.now() - (entries.at(-1)?.started_at ?? 0);
  const moved = entries.map((entry) => JSON.stringify({ ...entry, started_at: entry.started_at + shift }));
  return new Uint8Array(Buffer.from(moved.join('\n')));
};

describe('outrider backtest, against a server', () => {
  let sim: KongSim;
  let server: OutriderProcess;
  const dir = mkdtempSync(join(tmpdir(), 'outrider-backtest-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const cli = (...args: string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { PATH: '', OUTRIDER_URL: server.apiUrl, OUTRIDER_TOKEN: server.adminToken };
      const child = spawn(process.execPath, [BIN, 'backtest', ...args], { env });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      child.once('close', (code) => resolve({ code, out, err }));
      child.stdin.end('');
    });

  beforeAll(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    server = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl });
    await server.start();
    const sent = await fetch(`http://127.0.0.1:${server.httpPort}/v1/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.ingestToken}`, 'content-type': 'application/x-ndjson' },
      body: happeningNow(),
    });
    expect(sent.status).toBe(200);
    const alerts = () => server.api<{ data: { entity: { name: string } }[] }>('GET', '/v1/alerts');
    await eventually(async () => (await alerts()).data.some(({ entity }) => entity.name === GUESSER), 30_000);
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    await server.remove();
    await sim.stop();
  });

  it('a lower limit of a rule: names the address that it would have told of, and ends with 0', async () => {
    const args = [file('new.yaml', ruleOf(5)), '--instead', file('old.yaml', ruleOf(5_000)), '--from', '-1d'];
    const { code, out, err } = await cli('rule', ...args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Alerts gained\n+ ');
    expect(out).toContain(`rule:refusals  ip ${GUESSER}`);
  });

  it('a detector with limits that nobody reaches: what is lost, as JSON', async () => {
    const off = ['enabled=false', 'quietMinutes=20'];
    const { code, out } = await cli('detector', 'brute-force', '--set', ...off, '--from', '-1d', '--json');
    expect(code).toBe(0);
    const { result } = Backtest.parse(JSON.parse(out));
    expect(result?.alerts.after).toBe(0);
    expect(result?.alerts.lost.map(({ entity }) => entity.name)).toContain(GUESSER);
  });

  it('a policy: whom it would have blocked', async () => {
    const policy = {
      name: 'guessers',
      match: { types: ['brute-force'] },
      actions: [{ kind: 'block-address', durationSeconds: 600 }],
    };
    const { code, out } = await cli('policy', file('policy.json', JSON.stringify(policy)));
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Blocks gained\n\\+ .*block-address {2}ip ${GUESSER} {2}for 10 min\n.*"guessers"`));
  });

  it('says in which line and column a rule is wrong, which setting is none, and ends with 2', async () => {
    const wrong = await cli('rule', file('wrong.yaml', ruleOf(5).replace('at_least: 5', 'at_least: many')));
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/rule:9:11 at_least: /)]);
    const unknown = await cli('detector', 'brute-force', '--set', 'nonsense=1');
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('settings.nonsense: brute-force has no such'),
    ]);
  });
});
