import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const BIN = fileURLToPath(new URL('../../bin/outrider.mjs', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../../../rules', import.meta.url));

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-rules-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const outrider = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [BIN, ...args], { env: { PATH: '' } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    ),
  );

const line = (uri: string, status: number, at: number): string =>
  JSON.stringify({
    request: {
      method: 'GET',
      uri,
      id: at.toString(16).padStart(32, '0'),
      headers: { host: 'api.example.com', 'user-agent': 'x' },
    },
    response: { status, headers: {} },
    latencies: { request: 5, kong: 1, proxy: 4 },
    client_ip: '198.51.100.7',
    started_at: Date.UTC(2026, 0, 5) + at,
  });

describe('outrider rules', () => {
  it('check: finds nothing wrong with the examples that we ship', async () => {
    const { code, out } = await outrider('rules', 'check', EXAMPLES);
    expect(out).toContain('nothing wrong');
    expect(code).toBe(0);
  });

  it('check: says what is wrong, where, and ends with 1', async () => {
    const path = file(
      'bad.yaml',
      'id: a\nkind: threshold\ndescription: d\nseverity: low\nwindow: 5m\nat_least: 2\nwhere: { sttus: 4 }\n',
    );
    const { code, out } = await outrider('rules', 'check', path);
    expect(out).toContain(`${path}:7:10 where.sttus: unknown field; found "sttus"; did you mean "status"?`);
    expect(code).toBe(1);
    expect((await outrider('rules', 'check', join(dir, 'nowhere'))).code).toBe(2);
  });

  it('test: tells what a rule matches in a log, by stored fields and by what is never stored', async () => {
    const rules = file(
      'good.yaml',
      `id: raw
kind: threshold
description: Looks at a value.
severity: low
where: { raw_query: { contains: "secret-word" } }
window: 5m
at_least: 2
---
id: stored
kind: threshold
description: Looks at a status.
severity: low
enabled: false
where: { status: 404 }
window: 5m
at_least: 3
`,
    );
    const log = file(
      'log.ndjson',
      [
        line('/a?q=secret-word', 200, 1),
        line('/b?q=other', 404, 2),
        line('/a?q=secret%2dword', 404, 3),
        '{broken',
      ].join('\n'),
    );
    const { code, out } = await outrider('rules', 'test', rules, log);
    expect(code).toBe(0);
    expect(out).toContain('4 entries, 1 of which could not be read');
    expect(out).toMatch(/raw +threshold +live +2 +1 /);
    expect(out).toMatch(/stored +threshold +live +2 +0 /);
    expect(out).toContain('Looks at a value.');
  });
});
