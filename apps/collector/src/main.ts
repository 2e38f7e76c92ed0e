import 'reflect-metadata';
import { compose } from '@outrider/wiring/compose';
import { INGEST_TOKEN_FILE, KeyFolder, TOKEN_BYTES } from '@outrider/wiring/key-folder';
import { runProcess } from '@outrider/wiring/run-process';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import { readEnvironment } from './config.ts';

const say = (text: string): void => void process.stderr.write(`collector: ${text}\n`);

await runProcess(() => {
  const config = readEnvironment();
  const keys = KeyFolder.of(config);
  const ingestToken = keys.keep(INGEST_TOKEN_FILE, config.INGEST_TOKEN, TOKEN_BYTES, 'base64url');
  if (ingestToken.made) say(`ingest token for http-log made and kept in ${keys.path(INGEST_TOKEN_FILE)}`);
  return compose({
    name: 'collector',
    process: config,
    keys,
    gateways: gatewaysOf(config, ingestToken.value),
    bus: config,
    collect: config,
  });
}, say);
