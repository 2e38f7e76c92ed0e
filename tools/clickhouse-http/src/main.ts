import { emptyStandardInput } from '@outrider/clickhouse/embedded/standard-input';
import { startClickHouseHttp } from './clickhouse-http.server.ts';
import { parseCliOptions, USAGE, UsageError, type CliOptions } from './cli-options.ts';

const run = async (options: CliOptions): Promise<void> => {
  if (!options.withParent) emptyStandardInput();
  const { dir, host, port, user, password, cluster } = options;
  const server = await startClickHouseHttp({
    ...{ dir, host, port, credentials: { user, password } },
    ...(cluster === undefined ? {} : { cluster }),
  });
  const stop = (): void => {
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (options.withParent) process.stdin.once('end', stop).once('error', stop).resume();
  process.stdout.write(`clickhouse-http ready at ${server.url}\n`);
};

try {
  const options = parseCliOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await run(options);
} catch (error) {
  process.stderr.write(`clickhouse-http: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write('See --help.\n');
  process.exit(error instanceof UsageError ? 2 : 1);
}
