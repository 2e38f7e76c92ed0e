import { parseArgs } from 'node:util';
import { startServices, type Services } from '@outrider/services/start-services';
import { Checks } from './checks.ts';
import { mixtures } from './suites/mixtures.suite.ts';
import { path } from './suites/path.suite.ts';
import { readiness } from './suites/readiness.suite.ts';
import { rolling } from './suites/rolling.suite.ts';
import { scenarios } from './suites/scenarios.suite.ts';
import { traces } from './suites/traces.suite.ts';

const SUITES = [path, scenarios, rolling, traces, readiness, mixtures];
const USAGE = `usage: npm run test:services [-- --only NAME[,NAME]] [--kafka 3.9]

The whole path over real Kafka, Redis, PostgreSQL and ClickHouse's HTTP interface, with separate processes.
Suites: ${SUITES.map((suite) => suite.name).join(', ')}
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    kafka: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const names = values.only?.split(',') ?? SUITES.map((suite) => suite.name);
const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}\n\n${USAGE}`);
  process.exit(2);
}

const checks = new Checks();
let services: Services | undefined;
const stop = async (): Promise<void> => {
  await services?.stop();
  services = undefined;
};
const onSignal = (): void => void stop().finally(() => process.exit(130));
process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
try {
  services = await startServices({
    kafka: values.kafka === '3.9' ? '3.9' : '4',
    log: (line) => console.log(`     ${line}`),
  });
  for (const suite of SUITES.filter(({ name }) => names.includes(name))) {
    console.log(`\n=== ${suite.name}`);
    await suite.run({ services, checks });
  }
} catch (error) {
  console.error(error);
  checks.failed++;
} finally {
  await stop();
}
console.log(checks.summary);
process.exit(checks.failed === 0 ? 0 : 1);
