import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { startKongSim } from '@outrider/kong-sim/kong-sim';
import { OutriderProcess } from '@outrider/testing/process/outrider-process';
import { createConnection } from 'node:net';
import { SENDER } from './baselines.ts';
import type { CorpusFile } from './corpus-file.ts';
import { cpuSeconds, peakMemoryMb } from './process-cost.ts';

export interface WholePath {
  readonly entriesPerSecond: number;
  /** CPU time of the process (all its threads) an event, from the first byte until all were stored; microseconds. */
  readonly cpuMicros: number;
  readonly peakMemoryMb: number;
  readonly bytesPerEvent: number;
  readonly stored: number;
  readonly coldStartMs: number;
}

/** Everything on: from the first byte on the TCP port until every event is stored; read from the product's own metrics. */
export const wholePath = async (corpus: CorpusFile): Promise<WholePath> => {
  const outrider = await OutriderProcess.prepare({});
  try {
    const coldStartMs = Math.round(await outrider.start());
    const cpuBefore = cpuSeconds(outrider.pid);
    const began = performance.now();
    const sender = spawn(process.execPath, [SENDER, String(outrider.tcpPort), corpus.path], { stdio: 'inherit' });
    await once(sender, 'exit');
    let peak = 0;
    for (let stored = 0; stored < corpus.entries;) {
      await pause(100);
      stored = await storedSoFar(outrider);
      peak = Math.max(peak, peakMemoryMb(outrider.pid));
      if (performance.now() - began > 300_000)
        throw new Error(`only ${stored} of ${corpus.entries} stored after 5 min`);
    }
    const entriesPerSecond = Math.round(corpus.entries / ((performance.now() - began) / 1000));
    const cpuMicros = ((cpuSeconds(outrider.pid) - cpuBefore) * 1e6) / corpus.entries;
    peak = Math.max(peak, peakMemoryMb(outrider.pid));
    await pause(3_000); // merges
    await outrider.stop();
    const disk = await onDisk(outrider.dataDir);
    return {
      entriesPerSecond,
      cpuMicros: Math.round(cpuMicros * 10) / 10,
      peakMemoryMb: peak,
      coldStartMs,
      bytesPerEvent: Math.round((disk.bytes / disk.rows) * 10) / 10,
      stored: disk.rows,
    };
  } finally {
    await outrider.remove();
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const storedSoFar = async (outrider: OutriderProcess): Promise<number> => {
  const response = await fetch(`${outrider.apiUrl}/metrics`, {
    headers: { authorization: `Bearer ${outrider.adminToken}` },
  });
  const text = await response.text();
  return [...text.matchAll(/^outrider_detect_stored_rows_total(?:\{[^}]*\})? (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
};

const onDisk = async (dataDir: string): Promise<{ bytes: number; rows: number }> => {
  const clickhouse = await openClickHouse({ dir: join(dataDir, 'clickhouse') });
  try {
    await clickhouse.client.command({ query: `OPTIMIZE TABLE ${clickhouse.database}.events_v1 FINAL` });
    const result = await clickhouse.client.query({
      query: `SELECT sum(bytes_on_disk) AS bytes, sum(rows) AS rows FROM system.parts WHERE active AND database = '${clickhouse.database}' AND table = 'events_v1'`,
      format: 'JSONEachRow',
    });
    const [row] = await result.json<{ bytes: string; rows: string }>();
    return { bytes: Number(row?.bytes ?? 0), rows: Number(row?.rows ?? 0) };
  } finally {
    await clickhouse.close();
  }
};

export interface Latency {
  readonly toAlertMs: readonly number[];
  readonly toBlockMs: readonly number[];
}

/** From the last byte of the event that completes an alert until the alert can be read, and until Kong has taken the block. */
export const latency = async (rounds: number): Promise<Latency> => {
  const sim = await startKongSim({ propagationMs: 0 });
  const outrider = await OutriderProcess.prepare({ KONG_ADMIN_URL: sim.adminUrl });
  const toAlertMs: number[] = [];
  const toBlockMs: number[] = [];
  try {
    await outrider.start();
    await outrider.api('POST', '/v1/policies', {
      name: 'bench',
      actions: [{ kind: 'block-address', durationSeconds: 600 }],
    });
    for (let round = 0; round < rounds; round++) {
      const address = `198.51.100.${round + 1}`;
      const began = await probe(outrider.tcpPort, address);
      toAlertMs.push(
        await since(began, async () =>
          (await outrider.api<{ data: { entity: { id: string } }[] }>('GET', '/v1/alerts')).data.some(
            (a) => a.entity.id === address,
          ),
        ),
      );
      toBlockMs.push(
        await since(began, () => {
          const call = sim.adminLog.find(
            ({ method, body }) =>
              method !== 'GET' &&
              (typeof body === 'string' ? body : JSON.stringify(body ?? '')).includes(`"${address}"`),
          );
          return Promise.resolve(call !== undefined);
        }),
      );
      await pause(700);
    }
    return { toAlertMs, toBlockMs };
  } finally {
    await outrider.remove();
    await sim.stop();
  }
};

const since = async (began: number, holds: () => Promise<boolean>): Promise<number> => {
  while (!(await holds())) {
    if (performance.now() - began > 20_000) return Number.NaN;
    await pause(10);
  }
  return Math.round(performance.now() - began);
};

/** A path scan from the address; resolves with the moment its last byte was sent. */
const probe = (port: number, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const lines = Array.from({ length: 20 }, (_, i) =>
      JSON.stringify({
        started_at: Date.now(),
        source: 'kong',
        upstream_status: '',
        upstream_uri: '',
        client_ip: address,
        latencies: { request: 0, kong: 0, proxy: -1 },
        request: {
          id: `${address}${i}`.replaceAll('.', '').padStart(32, '0'),
          method: 'GET',
          uri: `/probe-${i}`,
          url: `http://x/probe-${i}`,
          querystring: {},
          size: 80,
          headers: {},
        },
        response: { status: 404, size: 200, headers: {} },
      }),
    );
    const socket = createConnection(port, '127.0.0.1', () =>
      socket.end(`${lines.join('\n')}\n`, () => resolve(performance.now())),
    );
    socket.once('error', reject);
  });
