import { compose, type ComposedProcess } from '@outrider/wiring/compose';
import { INGEST_TOKEN_FILE, KeyFolder, TOKEN_BYTES, type Kept } from '@outrider/wiring/key-folder';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import type { StartConfig } from './config.ts';

export interface Started extends ComposedProcess {
  readonly ingestToken: Kept;
}

/** All stages on the engines that the settings name. */
export const start = async (config: StartConfig): Promise<Started> => {
  const keys = KeyFolder.of(config);
  const ingestToken = keys.keep(INGEST_TOKEN_FILE, config.INGEST_TOKEN, TOKEN_BYTES, 'base64url');
  const composed = await compose({
    name: 'outrider',
    process: config,
    keys,
    gateways: gatewaysOf(config, ingestToken.value),
    bus: config,
    clickhouse: config,
    postgres: config,
    secrets: config,
    jobs: config,
    collect: config,
    detect: config,
    respond: config,
    serve: config,
  });
  return { ...composed, ingestToken };
};

/** What a person who started it wants to know, with the secrets that were made, once. */
export const greeting = (started: Started, config: StartConfig): string => {
  const host = config.LISTEN_HOST;
  const { api, tcp, tls, http, gateways } = started.addresses;
  const lines = [
    '',
    `Outrider runs. API http://${host}:${api}  (documents at /docs)`,
    `  tcp-log   ${host}:${tcp}`,
    ...(tls === undefined ? [] : [`  with TLS  ${host}:${tls}`]),
    `  http-log  http://${host}:${http}/v1/logs`,
    ...Object.entries(gateways).map(([gateway, port]) => `  tcp-log   ${host}:${port}  (${gateway})`),
    config.KONG_ADMIN_URL === undefined
      ? '  Kong      not connected: set KONG_ADMIN_URL so that consumers and addresses can be blocked'
      : `  Kong      ${config.KONG_ADMIN_URL}`,
  ];
  if (started.madeAdminToken !== undefined)
    lines.push(
      '',
      'Admin token of the API, shown this once (it is stored as a hash):',
      `  export OUTRIDER_TOKEN=${started.madeAdminToken}`,
    );
  if (started.ingestToken.made)
    lines.push(
      '',
      'Ingest token for http-log, shown this once (kept in the file ingest-token of the keys’ folder):',
      `  ${started.ingestToken.value}`,
    );
  return `${lines.join('\n')}\n`;
};
