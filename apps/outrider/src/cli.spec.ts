import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';

const BIN = fileURLToPath(new URL('../bin/outrider.mjs', import.meta.url));
const SCENARIOS = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a user calls it: the built program in a process of its own. */
const outrider = (args: readonly string[], input?: Buffer): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: '', OUTRIDER_URL: 'http://127.0.0.1:9' } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input ?? '');
  });

describe('the command line', () => {
  it.each(
    [[], ['start'], ['analyze'], ['doctor'], ['policies'], ['alerts'], ['enforcements'], ['entities']].map(
      (command) => [command],
    ),
  )('explains itself: %j --help', async (command) => {
    const { code, out } = await outrider([...command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: outrider');
  });

  it('ends with 2 and a hint on what it does not know', async () => {
    for (const args of [['analyse'], ['analyze', '--fromat', 'ndjson'], ['analyze', '--format', 'xml', '-']]) {
      const { code, err } = await outrider(args);
      expect(code).toBe(2);
      expect(err).toMatch(/unknown|error/);
    }
  });

  it('prints each alert as one line of JSON and ends with the tally on standard error', async () => {
    const { code, out, err } = await outrider([
      'analyze',
      '--format',
      'ndjson',
      `${SCENARIOS}attack-path-scan/kong.ndjson`,
    ]);
    expect(code).toBe(0);
    const alerts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(alerts.map(({ type }) => type)).toEqual(['scanner-client', 'endpoint-probing', 'privileged-path-probing']);
    for (const alert of alerts)
      expect(alert).toMatchObject({ entity: { kind: 'ip', id: '198.51.100.10', name: '198.51.100.10' } });
    expect(new Set(alerts.map(({ campaignId }) => campaignId)).size).toBe(1);
    for (const field of ['severity', 'confidence', 'detectedAt', 'window', 'observed', 'expected', 'explanation'])
      expect(alerts[0]).toHaveProperty(field);
    const tally = JSON.parse(err.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(Object.keys(tally)).toEqual(['entries', 'refused', 'duplicates', 'alerts', 'seconds']);
    expect(tally).toMatchObject({ entries: 80, refused: 0, duplicates: 0, alerts: 3 });
  });

  it('reads packed and unpacked entries from standard input, counts what it refuses and what comes twice', async () => {
    const lines = readFileSync(`${SCENARIOS}attack-path-scan/kong.ndjson`);
    const { code, err } = await outrider(
      ['analyze', '--format', 'ndjson'],
      gzipSync(Buffer.concat([lines, Buffer.from('garbage\n'), lines])),
    );
    expect(code).toBe(0);
    expect(JSON.parse(err.trim().split('\n').at(-1) ?? '')).toMatchObject({
      entries: 161,
      refused: 1,
      duplicates: 80,
      alerts: 3,
    });
  });

  it('ends with an error on a file that cannot be read, and says which', async () => {
    const { code, out, err } = await outrider([
      'analyze',
      `${SCENARIOS}attack-path-scan/kong.ndjson`,
      'nowhere.ndjson',
    ]);
    expect(code).not.toBe(0);
    expect(out).toBe('');
    expect(err).toContain('nowhere.ndjson');
  });

  it('says what to do when no server runs', async () => {
    const { code, err } = await outrider(['alerts']);
    expect(code).toBe(2);
    expect(err).toMatch(/not reachable[\s\S]*npm start/);
    expect((await outrider(['doctor'])).code).toBe(1);
  });
});
