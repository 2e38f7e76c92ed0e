import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explanationText } from './explain.command.ts';
import { explainLine } from './explain.ts';

const AT = Date.UTC(2026, 0, 5, 12, 0, 0);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'outrider-explain-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A Kong entry of an address that asks for an order with SQL in its query. */
const probe = (i: number, status = 400): string =>
  JSON.stringify({
    started_at: AT + i * 1_000,
    client_ip: '203.0.113.9',
    request: {
      method: 'GET',
      uri: `/orders${i}?id=${i}%27%20UNION%20SELECT%20password%20FROM%20users--`,
      url: `http://api.example.com/orders${i}?id=${i}%27%20UNION%20SELECT%20password%20FROM%20users--`,
      size: 200,
      headers: { host: 'api.example.com', 'user-agent': 'Mozilla/5.0' },
      querystring: { id: `${i}' UNION SELECT password FROM users--` },
      id: (0xabc000 + i).toString(16).padStart(32, '0'),
    },
    response: { status, size: 300, headers: {} },
    latencies: { request: 5, kong: 1, proxy: 4 },
    tries: [{ ip: '10.0.0.1', port: 80 }],
    service: { id: '22222222-2222-4222-8222-222222222222', name: 'orders' },
    route: { id: '33333333-3333-4333-8333-333333333333', name: 'orders' },
    upstream_status: String(status),
  });
const explained = (value: string, context: readonly string[] = [], kind: 'text' | 'file' = 'text') =>
  explainLine({ line: { kind, value }, context, rules: undefined });

describe('explain', () => {
  test('a line tells what was read out of it, and what it counts towards', async () => {
    const explanation = await explained(probe(1));
    expect(explanation.read).toContainEqual({ name: 'attacks', value: expect.stringContaining('sqli') });
    const text = explanationText(explanation, false);
    expect(text).toMatch(/counts +injection-probing: /);
    expect(text).toContain('after 0 earlier requests');
    expect(text).toMatch(/\d+ detectors are not concerned/);
  });

  test('context fills the windows with what came before the line, in order of time, and without the line itself', async () => {
    const file = join(dir, 'context.ndjson');
    await writeFile(file, [9, 3, 1, 2, 4].map((i) => `${probe(i)}\n`).join(''));
    const explanation = await explained(probe(4), [file]);
    expect(explanation.replayed).toBe(3);
    const verdict = explanation.detectors.find(({ type }) => type === 'injection-probing');
    const alone = (await explained(probe(4))).detectors.find(({ type }) => type === 'injection-probing');
    expect([verdict?.outcome, alone?.outcome]).toEqual(['concerned', 'concerned']);
    expect(verdict?.says).not.toBe(alone?.says);
  });

  test("a file's last entry is explained after those before it", async () => {
    const file = join(dir, 'line.ndjson');
    await writeFile(file, [1, 2].map((i) => `${probe(i)}\n`).join(''));
    const explanation = await explained(file, [], 'file');
    expect([explanation.eventId, explanation.replayed]).toEqual([
      `default:${(0xabc002).toString(16).padStart(32, '0')}`,
      1,
    ]);
  });

  test('what is no log entry is told as such', async () => {
    await expect(explained('{"a":')).rejects.toThrow(/no log entry/);
  });

  test('terminal escapes of a request never reach the terminal', async () => {
    const text = explanationText(await explained(probe(1).replace('Mozilla', 'M\\u001b[2J')), true);
    expect(text).not.toContain('\u001b');
  });
});
