import { parseCliOptions, USAGE, UsageError, type CliOptions } from './cli-options.ts';
import { startKongSim } from './kong-sim.ts';
import { demoSeed } from './seed/demo-seed.ts';

const run = async (options: CliOptions): Promise<void> => {
  const sim = await startKongSim(options);
  if (options.seedDemo) sim.seed(demoSeed(sim.upstreamUrl));
  if (options.tcpLog !== undefined) sim.seed({ plugins: [{ name: 'tcp-log', config: { ...options.tcpLog } }] });
  console.log(`Admin API  ${sim.adminUrl}`);
  console.log(`Proxy      ${sim.proxyUrl}`);
  console.log(`Upstream   ${sim.upstreamUrl}`);
  if (options.tcpLog !== undefined)
    console.log(`Access log to ${options.tcpLog.host}:${options.tcpLog.port} (tcp-log)`);
  if (options.seedDemo) console.log(`Try: curl -H 'apikey: key-mobile-app' ${sim.proxyUrl}/api/orders/1`);

  const stop = (): void => {
    sim.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

const explain = (error: unknown): string => {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `port ${port ?? ''} is already in use; choose another with --admin-port or --proxy-port`;
  if (code === 'EACCES') return `no permission to listen on port ${port ?? ''}`;
  return message;
};

try {
  const options = parseCliOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await run(options);
} catch (error) {
  console.error(`kong-sim: ${explain(error)}`);
  if (error instanceof UsageError) console.error('See --help.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
