import 'reflect-metadata';
import { resolve } from 'node:path';
import { compose } from '@outrider/wiring/compose';
import { KeyFolder } from '@outrider/wiring/key-folder';
import { runProcess } from '@outrider/wiring/run-process';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import { readEnvironment } from './config.ts';

await runProcess(
  () => {
    const config = readEnvironment();
    return compose({
      name: 'api',
      process: config,
      keys: new KeyFolder(resolve(config.OUTRIDER_DATA)),
      gateways: gatewaysOf(config, undefined),
      bus: config,
      clickhouse: config,
      postgres: config,
      jobs: config,
      serve: config,
    });
  },
  (text) => process.stderr.write(`api: ${text}\n`),
);
