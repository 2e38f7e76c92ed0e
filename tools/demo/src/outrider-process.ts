import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../apps/outrider/bin/outrider.mjs', import.meta.url));
const READY_WITHIN_MS = 90_000;

export interface Outrider {
  readonly apiUrl: string;
  readonly tcpPort: number;
  readonly httpPort: number;
  readonly adminToken: string;
  readonly startedInMs: number;
  stop(): Promise<void>;
}

/** Runs Outrider as a user would, on free ports and a data folder of its own. */
export const startOutrider = async (settings: Readonly<Record<string, string>>): Promise<Outrider> => {
  const data = await mkdtemp(join(tmpdir(), 'outrider-demo-'));
  await chmod(data, 0o711); // PostgreSQL runs as another user when this is run by root
  const [api, tcp, http] = await Promise.all([freePort(), freePort(), freePort()]);
  const adminToken = randomBytes(24).toString('base64url');
  const started = performance.now();
  const child = spawn(process.execPath, [BIN, 'start'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      OUTRIDER_DATA: data,
      API_PORT: String(api),
      COLLECT_TCP_PORT: String(tcp),
      COLLECT_HTTP_PORT: String(http),
      API_ADMIN_TOKEN: adminToken,
      INGEST_TOKEN: randomBytes(24).toString('base64url'),
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'warn',
      ...settings,
    },
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== ''));
    if (lines.length > 50) lines.splice(0, lines.length - 50);
  });
  const apiUrl = `http://127.0.0.1:${api}`;
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(data, { recursive: true, force: true });
  };
  if (!(await ready(`${apiUrl}/v1/health`, child))) {
    await stop();
    throw new Error(`Outrider did not start:\n${lines.join('\n')}`);
  }
  return { apiUrl, tcpPort: tcp, httpPort: http, adminToken, startedInMs: performance.now() - started, stop };
};

const ready = async (url: string, child: ChildProcess): Promise<boolean> => {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(hard);
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
  });
