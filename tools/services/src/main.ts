import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCliOptions, USAGE, UsageError, type CliOptions } from './cli/cli-options.ts';
import { checkServices } from './check-services.ts';
import type { Service } from './service.ts';
import { startServices } from './start-services.ts';

const LOOK_EVERY_MS = 1_000;

const say = (line: string): void => console.error(line);

const check = async ({ only, kafka }: CliOptions): Promise<void> => {
  const verdicts = await checkServices(only, kafka);
  for (const { name, available, how } of verdicts)
    console.log(`${available ? 'yes' : 'no '}  ${name.padEnd(16)} ${how}`);
  if (verdicts.some(({ available }) => !available)) process.exitCode = 1;
};

const serve = async (options: CliOptions): Promise<void> => {
  const dir = options.dir ?? (options.keep ? mkdtempSync(join(tmpdir(), 'outrider-services-')) : undefined);
  // a signal while they start ends this process, and the guards end what has begun
  const services = await startServices({
    only: options.only,
    kafka: options.kafka,
    demand: options.demand,
    log: say,
    ...(dir === undefined ? {} : { dir }),
  });
  for (const { name, why } of services.missing) say(`${name}: cannot be had here: ${why}`);
  if (services.all.length === 0) {
    process.exitCode = 1;
    return;
  }
  say('');
  for (const [name, value] of Object.entries(services.environment)) console.log(`export ${name}=${quoted(value)}`);
  say('\nPaste these where Outrider is started. Ctrl-C ends them.');
  if (dir !== undefined) say(`Data, logs and passwords are in ${dir} and stay there.`);
  watch(services.all);
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    say('\nStopping …');
    services.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`services: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
};

/** Holds the event loop, which the engines do not, and says when one has ended by itself. */
const watch = (services: readonly Service[]): void => {
  const gone = new Set<Service>();
  setInterval(() => {
    for (const service of services) {
      if (service.pid !== undefined || gone.has(service)) continue;
      gone.add(service);
      say(`${service.name} has ended; its log is ${service.logFile}`);
    }
  }, LOOK_EVERY_MS);
};

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

try {
  const options = parseCliOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else if (options.check) await check(options);
  else await serve(options);
} catch (error) {
  console.error(`services: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error('See --help.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
