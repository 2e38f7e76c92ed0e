import 'reflect-metadata';
import { compose } from '@outrider/wiring/compose';
import { KeyFolder } from '@outrider/wiring/key-folder';
import { runProcess } from '@outrider/wiring/run-process';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import { readEnvironment } from './config.ts';

await runProcess(
  () => {
    const config = readEnvironment();
    return compose({
      name: 'analyzer',
      process: config,
      keys: KeyFolder.of(config),
      gateways: gatewaysOf(config, undefined),
      bus: config,
      clickhouse: config,
      postgres: config,
      detect: config,
    });
  },
  (text) => process.stderr.write(`analyzer: ${text}\n`),
);
