import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKongSim, type KongSim } from '@outrider/kong-sim/kong-sim';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';

const RECORDED = fileURLToPath(
  new URL('../../../libs/flow/collect/fixtures/kong-3.9.3-tcp-log.ndjson', import.meta.url),
);
const SCENARIOS = fileURLToPath(new URL('../../../scenarios/', import.meta.url));

interface Enforcement {
  readonly id: string;
  readonly state: string;
  readonly action: { readonly kind: string };
  readonly entity: { readonly kind: string; readonly name: string };
}

/** Bytes as Kong sent them: not all are valid UTF-8. */
const recordedLines = (): Buffer[] => {
  const bytes = readFileSync(RECORDED);
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    lines.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = end === -1 ? bytes.length : end + 1;
  }
  return lines.filter((line) => line.length > 0);
};

/** A scenario's lines as if they ended now. */
const happeningNow = (name: string): Buffer => {
  const entries = readFileSync(`${SCENARIOS}${name}/kong.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { started_at: number });
  const shift = Date.now() - (entries.at(-1)?.started_at ?? 0);
  return Buffer.from(
    entries.map((entry) => `${JSON.stringify({ ...entry, started_at: entry.started_at + shift })}\n`).join(''),
  );
};

const sendTcp = (port: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.end(bytes));
    socket.once('error', reject).once('close', () => resolve());
  });

const until = async <T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> => {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (holds(value) || tries > 300) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

describe('the main path, as one process on embedded engines', () => {
  let sim: KongSim;
  let outrider: OutriderProcess;

  beforeAll(async () => {
    sim = await startKongSim({ propagationMs: 0 });
    outrider = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl, KONG_PROPAGATION_MS: '200' });
    await outrider.start();
  });
  afterAll(async () => {
    await outrider.remove();
    await sim.stop();
  });

  const postLogs = async (body: Buffer, type: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${outrider.httpPort}/v1/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${outrider.ingestToken}`, 'content-type': type },
      body: new Uint8Array(body),
    });
    return response.status;
  };
  const stored = async (): Promise<number> =>
    (await outrider.api<{ data: unknown[] }>('GET', '/v1/events?from=-30d&limit=200')).data.length;
  const deadLetters = async (): Promise<number> =>
    (await outrider.api<{ total: number }>('GET', '/v1/dead-letters/counts?from=-1d')).total;

  it('takes every recorded line of a real Kong without a dead letter, once, over TCP and HTTP and again after kill -9', async () => {
    const lines = recordedLines();
    const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    await sendTcp(outrider.tcpPort, joined);
    expect(await until(stored, (count) => count >= lines.length)).toBe(lines.length);
    expect(await postLogs(joined, 'application/x-ndjson')).toBe(200);
    await outrider.kill();
    await outrider.start();
    expect(await postLogs(joined, 'application/x-ndjson')).toBe(200);
    const marker = {
      ...(JSON.parse(String(lines[0])) as object),
      request: { id: 'f'.repeat(32), method: 'GET', uri: '/marker', headers: {} },
    };
    expect(await postLogs(Buffer.from(JSON.stringify(marker)), 'application/json')).toBe(200);
    // The marker came last: once it is stored, so would be the repeated lines.
    expect(await until(stored, (count) => count > lines.length)).toBe(lines.length + 1);
    expect(await deadLetters()).toBe(0);
  });

  it.each([
    ['attack-path-scan', 'endpoint-probing', '198.51.100.10'],
    ['attack-key-guessing', 'brute-force', '198.51.100.8'],
  ])(
    '%s: the address is blocked in Kong, and released at the end leaving nothing behind',
    async (scenario, type, address) => {
      const before = JSON.stringify(sim.list('plugins'));
      await outrider.api('POST', '/v1/policies', {
        name: scenario,
        match: { types: [type], minConfidence: 0.8 },
        actions: [{ kind: 'block-address', durationSeconds: 600 }],
      });
      await sendTcp(outrider.tcpPort, happeningNow(scenario));
      const enforcements = async (): Promise<Enforcement[]> =>
        (await outrider.api<{ data: Enforcement[] }>('GET', '/v1/enforcements')).data;
      const mine = (rows: readonly Enforcement[]): Enforcement | undefined =>
        rows.find((row) => row.entity.name === address);
      const effective = mine(await until(enforcements, (rows) => mine(rows)?.state === 'effective'));
      expect(effective).toMatchObject({
        state: 'effective',
        action: { kind: 'block-address' },
        entity: { kind: 'ip', name: address },
      });
      expect(sim.list('plugins')).toContainEqual(
        expect.objectContaining({
          name: 'ip-restriction',
          enabled: true,
          config: expect.objectContaining({ deny: [address] }),
        }),
      );
      await outrider.api('POST', `/v1/enforcements/${effective?.id}/undo`);
      await until(enforcements, (rows) => mine(rows)?.state === 'lifted');
      expect(JSON.stringify(sim.list('plugins'))).toBe(before);
    },
  );
});
