import { startKongSim } from '@outrider/kong-sim/kong-sim';
import { deploymentOf } from '../deployment.ts';
import { Fleet } from '../fleet.ts';
import type { Kind } from '../fleet-process.ts';
import { happeningNow, sendHttp, until } from '../traffic.ts';
import type { Suite, SuiteContext } from './suite.ts';

/** Which of the engines are external in `outrider start`. */
const MIXTURES: readonly (readonly [string, readonly string[]])[] = [
  ['embedded bus and jobs, external ClickHouse and PostgreSQL', ['CLICKHOUSE_URL', 'DATABASE_URL']],
  ['embedded bus, external stores and Redis', ['CLICKHOUSE_URL', 'DATABASE_URL', 'REDIS_URL']],
  ['external Kafka, embedded stores', ['BUS_URL', 'KAFKA_TOPIC_PREFIX']],
  ['external Kafka and Redis, embedded stores', ['BUS_URL', 'KAFKA_TOPIC_PREFIX', 'REDIS_URL']],
];

/** Settings that cannot work: what the process must say, and that it ends with 2. */
const SENSELESS: readonly (readonly [Kind, Readonly<Record<string, string>>, readonly RegExp[]])[] = [
  ['collector', { BUS_URL: '' }, [/BUS_URL/, /outrider start/]],
  ['collector', { BUS_URL: 'file:///tmp/nowhere' }, [/BUS_URL/, /kafka:\/\//]],
  ['collector', { FINGERPRINT_KEY: '', INGEST_TOKEN: '' }, [/FINGERPRINT_KEY/, /INGEST_TOKEN/, /OUTRIDER_KEYS/]],
  ['collector', { BUS_URL: 'kafka://user:hunter2@localhost:9092' }, [/KAFKA_USERNAME/]],
  ['analyzer', { CLICKHOUSE_URL: '' }, [/CLICKHOUSE_URL/, /outrider start/]],
  ['analyzer', { DATABASE_URL: '' }, [/DATABASE_URL/]],
  ['responder', { SECRETS_KEY: '' }, [/SECRETS_KEY/, /OUTRIDER_KEYS/]],
  ['responder', { BUS_URL: '', DATABASE_URL: '' }, [/BUS_URL/, /DATABASE_URL/]],
  ['api', { CLICKHOUSE_CLUSTER: 'c', CLICKHOUSE_URL: '' }, [/CLICKHOUSE_CLUSTER/]],
  ['outrider', { FINGERPRINT_KEY: '' }, [/FINGERPRINT_KEY/]],
  ['outrider', { BUS_URL: '', CLICKHOUSE_URL: 'https://x', CLICKHOUSE_TLS_CA: '/nowhere.pem' }, [/CLICKHOUSE_TLS_CA/]],
];

/** `outrider start` on every mixture of engines that makes sense; a clear word on those that don't. */
export const mixtures: Suite = {
  name: 'mixtures',
  run: async (context) => {
    await context.checks.step('senseless settings', () => senseless(context));
    await context.checks.step('wrong credentials and engines that are away', () => refused(context));
    for (const [index, [name, external]] of MIXTURES.entries())
      await context.checks.step(name, () => mixture(context, name, external, index));
  },
};

const mixture = async (
  { services, checks }: SuiteContext,
  name: string,
  external: readonly string[],
  index: number,
) => {
  const environment = await deploymentOf(services, `mix${index}`, 10 + index);
  const sim = await startKongSim({ propagationMs: 0 });
  const settings = Object.fromEntries(Object.entries(environment).filter(([key]) => external.includes(key)));
  const fleet = new Fleet({
    counts: { outrider: 1 },
    settings: { ...settings, KONG_ADMIN_URL: sim.adminUrl, KONG_PROPAGATION_MS: '200' },
  });
  try {
    await fleet.start();
    await fleet.api('POST', '/v1/policies', {
      name: 'scan',
      match: { types: ['endpoint-probing'], minConfidence: 0.8 },
      actions: [{ kind: 'block-address', durationSeconds: 600 }],
    });
    const entries = happeningNow('attack-path-scan');
    const { http = 0 } = fleet.one('outrider').ports;
    checks.equal(
      `${name}: entries are taken`,
      await sendHttp(http, fleet.ingestToken, JSON.stringify(entries), 'application/json'),
      200,
    );
    const states = async () =>
      (await fleet.api<{ data: { state: string }[] }>('GET', '/v1/enforcements')).data.map(({ state }) => state);
    checks.equal(`${name}: alert, decision and block`, await until(states, (all) => all[0] === 'effective'), [
      'effective',
    ]);
    checks.that(
      `${name}: the block stands in Kong`,
      sim.list('plugins').some((p) => p['name'] === 'ip-restriction'),
    );
    await fleet.one('outrider').kill();
    await fleet.start();
    checks.equal(`${name}: after kill -9 it is known`, await states(), ['effective']);
    checks.equal(`${name}: it stops in order`, await fleet.one('outrider').stop(), 0);
  } catch (error) {
    console.log(fleet.tails());
    throw error;
  } finally {
    await fleet.remove();
    await sim.stop();
  }
};

const senseless = async ({ services, checks }: SuiteContext): Promise<void> => {
  const environment = await deploymentOf(services, 'senseless', 9);
  for (const [kind, wrong, said] of SENSELESS) {
    const settings = { BUS_URL: 'kafka://127.0.0.1:1', ...environment, ...wrong };
    const fleet = new Fleet({ counts: { [kind]: 1 }, settings });
    try {
      const process = fleet.one(kind);
      process.launch();
      const code = await process.ended(30_000);
      const log = process.log();
      const missing = said.filter((pattern) => !pattern.test(log));
      checks.that(
        `${kind} with ${JSON.stringify(Object.keys(wrong))} ends with 2 and says what to set`,
        code === 2 && missing.length === 0 && !log.includes('hunter2') && !/^\s+at /m.test(log),
        code === 2 && missing.length === 0 ? '' : `code ${code}: ${log}`,
      );
    } finally {
      await fleet.remove();
    }
  }
};

const CREDENTIALS: readonly (readonly [string, RegExp])[] = [
  ['CLICKHOUSE_URL', /ClickHouse.* refused.*CLICKHOUSE_URL|CLICKHOUSE_URL.* refused/],
  ['DATABASE_URL', /PostgreSQL at 127\.0\.0\.1:\d+ \(DATABASE_URL\) refused/],
  ['REDIS_URL', /Redis at 127\.0\.0\.1:\d+ \(REDIS_URL\) refused/],
];

const refused = async ({ services, checks }: SuiteContext): Promise<void> => {
  const environment = await deploymentOf(services, 'refused', 8);
  for (const [setting, said] of CREDENTIALS) {
    const url = new URL(environment[setting] ?? 'none://');
    url.username = url.username || 'outrider';
    url.password = 'not-the-password';
    const { CLICKHOUSE_URL = '', DATABASE_URL = '' } = environment;
    const settings = { CLICKHOUSE_URL, DATABASE_URL, [setting]: url.href };
    const { code, log, ms } = await endOf(settings);
    checks.that(
      `a wrong password in ${setting} ends the start at once with 2, and is not repeated`,
      code === 2 && said.test(log) && !log.includes('not-the-password') && ms < 60_000,
      code === 2 && said.test(log) ? '' : `code ${code} after ${Math.round(ms)} ms: ${log}`,
    );
  }
  const { code, log } = await endOf({ DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/c', START_TIMEOUT_SECONDS: '2' });
  checks.that(
    'an engine that is away is waited for, aloud, up to START_TIMEOUT_SECONDS',
    code === 1 && /waiting for an engine/.test(log) && /START_TIMEOUT_SECONDS/.test(log) && !/^\s+at /m.test(log),
    code === 1 ? '' : `code ${code}: ${log}`,
  );
};

const endOf = async (settings: Record<string, string>) => {
  const fleet = new Fleet({ counts: { outrider: 1 }, settings });
  const began = performance.now();
  try {
    const process = fleet.one('outrider');
    process.launch();
    const code = await process.ended(90_000);
    return { code, log: process.log(), ms: performance.now() - began };
  } finally {
    await fleet.remove();
  }
};
