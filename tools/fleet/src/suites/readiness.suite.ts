import { createServer, type AddressInfo } from 'node:net';
import type { Service } from '@outrider/services/service';
import type { Checks } from '../checks.ts';
import { Fleet } from '../fleet.ts';
import { deploymentOf } from '../deployment.ts';
import { install, type Installation } from '../installation.ts';
import { until } from '../traffic.ts';
import type { Suite, SuiteContext } from './suite.ts';

const WITHIN_MS = 45_000;

/** Whether processes say truly what they can do: while engines are away, and when they come late. */
export const readiness: Suite = {
  name: 'readiness',
  run: async (context) => {
    const { services, checks } = context;
    const counts = { collector: 1, analyzer: 1, responder: 1, api: 1 };
    const installation = await install(services, { name: 'readiness', number: 4, counts });
    const { fleet } = installation;
    try {
      await checks.step(
        'start',
        () => fleet.start(),
        () => fleet.tails(),
      );
      await checks.step('PostgreSQL hangs', () => away(installation, checks, services.postgres, ['collector-1']));
      await checks.step('Redis hangs', () => away(installation, checks, services.redis, ['collector-1', 'analyzer-1']));
      await checks.step('Kafka hangs', () => away(installation, checks, services.kafka, ['api-1']));
    } finally {
      await installation.remove();
    }
    await checks.step('Kafka comes late', () => late(context));
  },
};

/** `unmoved`: who can still do its job. */
const away = async (
  { fleet }: Installation,
  checks: Checks,
  engine: Service | undefined,
  unmoved: readonly string[],
): Promise<void> => {
  const ready = async (): Promise<string[]> => {
    const answers = await Promise.all(fleet.processes.map(async (p) => ((await p.isReady()) ? [p.name] : [])));
    return answers.flat();
  };
  const same = (names: readonly string[]) => (found: readonly string[]) => found.join() === names.join();
  engine?.pause();
  try {
    checks.equal(
      `while ${engine?.name} hangs, ready is who does not need it`,
      await until(ready, same(unmoved), WITHIN_MS),
      unmoved,
    );
    const living = await Promise.all(fleet.processes.map((p) => fetch(`http://127.0.0.1:${p.ports.health}/livez`)));
    checks.equal(
      'all of them live',
      living.map(({ status }) => status),
      living.map(() => 200),
    );
  } finally {
    engine?.resume();
  }
  const all = fleet.processes.map(({ name }) => name);
  checks.equal(`${engine?.name} is back, and so are they`, await until(ready, same(all), WITHIN_MS), all);
};

/** A collector that is started before its Kafka. */
const late = async ({ services, checks }: SuiteContext): Promise<void> => {
  const port = await freePort();
  const environment = await deploymentOf(services, 'late', 5);
  const fleet = new Fleet({ counts: { collector: 1 }, settings: { ...environment, HEALTH_PORT: String(port) } });
  const collector = fleet.one('collector');
  try {
    services.kafka?.kill();
    collector.launch();
    const ask = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      return { status: response?.status ?? 0, text: (await response?.text()) ?? '' };
    };
    const waiting = await until(
      () => ask('/readyz'),
      ({ text }) => text.includes('Kafka at'),
      WITHIN_MS,
    );
    checks.that(
      'a start that waits for Kafka says so on /readyz, and lives',
      waiting.status === 503 && waiting.text.includes('"starting"') && (await ask('/livez')).status === 200,
      waiting.text,
    );
    await services.kafka?.restart();
    await collector.ready();
    checks.that('it goes on by itself when Kafka is there', (await ask('/readyz')).status === 200);
  } catch (error) {
    console.log(fleet.tails());
    throw error;
  } finally {
    await fleet.remove();
  }
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
