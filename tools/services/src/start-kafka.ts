import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { makeCertificates, type Certificates } from './kafka/certificates.ts';
import { classPath, jarFolder } from './kafka/jars.ts';
import { readLockFile, type KafkaLine } from './kafka/lock-file.ts';
import { loggingConfig } from './kafka/logging.ts';
import { brokerAnswers } from './kafka/probe.ts';
import { clientEnvironment, formatArguments, KafkaSecurity, listenerSettings, protocolOf } from './kafka/security.ts';
import { serverProperties } from './kafka/server-properties.ts';
import { cacheFolder } from './machine/cache-folder.ts';
import { freePorts } from './machine/free-port.ts';
import { findJava } from './machine/java.ts';
import { run } from './machine/run.ts';
import { Engine } from './process/engine.ts';
import { remember } from './process/remembered.ts';
import { inServiceFolder, type ServiceFolder } from './process/service-folder.ts';
import type { Service, ServiceOptions } from './service.ts';

export interface KafkaOptions extends ServiceOptions {
  /** `4` (the newest 4.x of the lock file) by default. */
  readonly version?: KafkaLine;
  readonly security?: z.input<typeof KafkaSecurity>;
  /** Of the broker's heap; 320 MB by default. */
  readonly heapMb?: number;
  /** Further lines of server.properties, over ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface KafkaService extends Service {
  /** `host:port`, for a client's list of brokers. */
  readonly broker: string;
  /** The same broker without TLS and SASL, whatever `security` asks of clients. */
  readonly internalBroker: string;
  /** The exact version that runs, e.g. `4.4.0`. */
  readonly version: string;
  /** PEM files for a client; only with `security.tls`. */
  readonly certificates: Certificates | undefined;
}

const FORMAT_MS = 60_000;
const START_MS = 90_000;
const STOP_MS = 20_000;
const HEAP_MB = 320;

/** Apache Kafka as one node that is broker and controller. The first call downloads the jars (45 MB). */
export const startKafka = async (options: KafkaOptions = {}): Promise<KafkaService> => {
  const log = options.log ?? (() => undefined);
  const line = options.version ?? '4';
  const release = readLockFile()[line];
  const java = await findJava(log);
  const jars = await jarFolder(release, cacheFolder(), log);
  return inServiceFolder('kafka', options.dir, async (folder) => {
    const logging = loggingConfig(line);
    const loggingFile = join(folder.dir, logging.file);
    writeFileSync(loggingFile, logging.text);
    const flags = ['-cp', classPath(jars, release), `${logging.flag}${loggingFile}`];
    const { engine, ...about } = await prepare(folder, { java, flags }, options, log);
    await engine.start();
    return Object.assign(engine, { ...about, version: release.version });
  });
};

/** How Kafka's programs are run: class path and logging are in `flags`. */
interface Runtime {
  readonly java: string;
  readonly flags: readonly string[];
}

const prepare = async (
  folder: ServiceFolder,
  { java, flags }: Runtime,
  options: KafkaOptions,
  log: (line: string) => void,
) => {
  const security = KafkaSecurity.parse(options.security ?? {});
  const certificates = security.tls ? await makeCertificates(folder.dir) : undefined;
  const [clientPort, internalPort, controllerPort] = await portsOf(folder, options.port);
  const data = join(folder.dir, 'data');
  const config = join(folder.dir, 'server.properties');
  const clientProtocol = protocolOf(security);
  const extra = { ...listenerSettings(security, certificates), ...options.settings };
  const layout = { data, clientPort, internalPort, controllerPort, clientProtocol, extra };
  writeFileSync(config, serverProperties(layout), { mode: 0o600 });
  await format({ java, flags }, config, data, formatArguments(security));
  const url = `kafka://127.0.0.1:${clientPort}`;
  const engine = new Engine({
    ...folder,
    name: 'kafka',
    url,
    port: clientPort,
    environment: { BUS_URL: url, ...clientEnvironment(security, certificates) },
    log,
    logFile: join(folder.dir, 'kafka.log'),
    command: java,
    args: [...jvmFlags(options.heapMb ?? HEAP_MB), ...flags, 'kafka.Kafka', config],
    env: childEnvironment(),
    cwd: folder.dir,
    answers: () => brokerAnswers(internalPort),
    startMs: START_MS,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
  });
  return { engine, broker: `127.0.0.1:${clientPort}`, internalBroker: `127.0.0.1:${internalPort}`, certificates };
};

const portsOf = async ({ dir }: ServiceFolder, wanted: number | undefined): Promise<[number, number, number]> => {
  const { ports } = await remember(dir, wanted, async () => ({ ports: await freePorts(3), password: '' }));
  const [client, internal, controller] = ports;
  if (client === undefined || internal === undefined || controller === undefined)
    throw new Error(`${dir} is not a folder of Kafka's: its service.json names ${ports.length} ports`);
  return [client, internal, controller];
};

/** A serial collector and the quick compiler alone: a broker for tests, on cores that it shares, that should be up soon. */
const jvmFlags = (heapMb: number): string[] => [
  '-Xms64m',
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+ExitOnOutOfMemoryError',
  '-Xshare:auto',
  '-Djava.awt.headless=true',
];

const childEnvironment = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' });

/** Whole or not at all: a folder without the file that ends the formatting is formatted anew. */
const format = async (
  { java, flags }: Runtime,
  config: string,
  data: string,
  users: readonly string[],
): Promise<void> => {
  if (existsSync(join(data, 'meta.properties'))) return;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // a leading dash would be an option
  const tool = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', config, ...users];
  const { code, text } = await run(java, [...jvmFlags(128), ...flags, ...tool], FORMAT_MS, { env: childEnvironment() });
  if (code === 0) return;
  rmSync(data, { recursive: true, force: true });
  throw new Error(`Kafka's storage could not be formatted:\n${text.slice(-3_000)}`);
};
