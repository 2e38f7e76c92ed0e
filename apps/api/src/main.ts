import 'reflect-metadata';
import { compose } from '@outrider/wiring/compose';
import { KeyFolder } from '@outrider/wiring/key-folder';
import { runProcess } from '@outrider/wiring/run-process';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import { readEnvironment } from './config.ts';

const say = (text: string): void => void process.stderr.write(`api: ${text}\n`);

await runProcess(async () => {
  const config = readEnvironment();
  const composed = await compose({
    name: 'api',
    process: config,
    keys: KeyFolder.of(config),
    gateways: gatewaysOf(config, undefined),
    bus: config,
    clickhouse: config,
    postgres: config,
    secrets: config,
    jobs: config,
    serve: config,
  });
  if (composed.madeAdminToken !== undefined)
    say(
      `admin token of the API, shown this once (it is stored as a hash):\n  export OUTRIDER_TOKEN=${composed.madeAdminToken}`,
    );
  return composed;
}, say);
