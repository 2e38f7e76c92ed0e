import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inWorkspace } from './machine/cache-folder.ts';
import { freePort } from './machine/free-port.ts';
import { MissingEngineError } from './machine/missing-engine.error.ts';
import { Engine } from './process/engine.ts';
import { remember } from './process/remembered.ts';
import { inServiceFolder, type ServiceFolder } from './process/service-folder.ts';
import type { Service, ServiceOptions } from './service.ts';

export interface ClickHouseHttpOptions extends ServiceOptions {
  /** `outrider` by default. */
  readonly user?: string;
  /** A random one by default. */
  readonly password?: string;
  /** The database that `url` names, `outrider` by default; it is made by whoever migrates it. */
  readonly database?: string;
  /** Further arguments of tools/clickhouse-http. */
  readonly args?: readonly string[];
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const PROBE_MS = 2_000;

/** tools/clickhouse-http: ClickHouse's own engine (chdb) behind the HTTP interface of a ClickHouse server. */
export const startClickHouseHttp = async (options: ClickHouseHttpOptions = {}): Promise<Service> => {
  const log = options.log ?? (() => undefined);
  const entry = clickHouseHttpEntry();
  return inServiceFolder('clickhouse', options.dir, (folder) => launch(folder, entry, options, log));
};

const launch = async (
  folder: ServiceFolder,
  entry: string,
  options: ClickHouseHttpOptions,
  log: (line: string) => void,
): Promise<Service> => {
  const known = await remember(folder.dir, options.port, async () => ({
    ports: [await freePort()],
    password: options.password ?? randomBytes(18).toString('base64url'),
  }));
  const [port = 0] = known.ports;
  const password = options.password ?? known.password;
  const user = options.user ?? 'outrider';
  const data = join(folder.dir, 'data');
  mkdirSync(data, { recursive: true });
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const url = `http://${credentials}@127.0.0.1:${port}/${encodeURIComponent(options.database ?? 'outrider')}`;
  const engine = new Engine({
    ...folder,
    name: 'clickhouse-http',
    url,
    port,
    environment: { CLICKHOUSE_URL: url },
    log,
    logFile: join(folder.dir, 'clickhouse-http.log'),
    command: process.execPath,
    args: [
      entry,
      // in one word: either may begin with a dash
      ...['--dir', data, '--port', String(port), `--user=${user}`, `--password=${password}`],
      ...(options.args ?? []),
    ],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: folder.dir },
    cwd: folder.dir,
    answers: () => pingAnswers(port),
    startMs: START_MS,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
  });
  await engine.start();
  return engine;
};

/** Its compiled entry; refuses where it, or chdb for this platform, is missing. */
export const clickHouseHttpEntry = (): string => {
  const entry = inWorkspace('tools', 'clickhouse-http', 'dist', 'main.js');
  if (!existsSync(entry)) throw new MissingEngineError(`${entry} has not been built: run "npm run build"`);
  try {
    createRequire(entry).resolve('chdb');
  } catch (error) {
    const message = `there is no chdb for ${process.platform} ${process.arch}: set CLICKHOUSE_URL to a ClickHouse server`;
    throw new MissingEngineError(message, { cause: error });
  }
  return entry;
};

const pingAnswers = async (port: number): Promise<boolean> => {
  const response = await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(PROBE_MS) });
  return response.ok && (await response.text()) === 'Ok.\n';
};
