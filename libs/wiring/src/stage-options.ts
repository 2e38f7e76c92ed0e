import type * as z from 'zod';
import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { UNKNOWN_ADDRESS, type AddressFacts } from '@outrider/ports/address-facts';
import type { KeyFolder } from './key-folder.ts';
import { pemFile } from './pem-file.ts';
import type { collectSettings } from './settings/collect-settings.ts';
import type { detectSettings } from './settings/detect-settings.ts';
import type { listenSettings } from './settings/process-settings.ts';

type Of<T extends z.ZodRawShape> = z.output<z.ZodObject<T>>;
export type CollectEnvironment = Of<typeof collectSettings> & Of<typeof listenSettings>;

export const KEY_BYTES = 32;

/** The collect stage's options out of the settings. */
export const collectOptions = (
  gateways: readonly GatewaySettings[],
  keys: KeyFolder,
  settings: CollectEnvironment,
  addressFacts: AddressFacts = UNKNOWN_ADDRESS,
) => ({
  gateways,
  defaultGateway: 'default',
  fingerprintKey: Buffer.from(keys.keep('fingerprint.key', settings.FINGERPRINT_KEY, KEY_BYTES, 'hex').value, 'hex'),
  host: settings.LISTEN_HOST,
  tcpPort: settings.COLLECT_TCP_PORT,
  httpPort: settings.COLLECT_HTTP_PORT,
  ...(settings.COLLECT_TLS_PORT === undefined ? {} : { tlsPort: settings.COLLECT_TLS_PORT }),
  ...tlsOf(settings),
  addressFacts,
  limits: {
    entryBytes: settings.COLLECT_MAX_LINE_BYTES,
    connections: settings.COLLECT_MAX_CONNECTIONS,
    idleMs: settings.COLLECT_IDLE_SECONDS * 1000,
  },
});

/** The detect stage's. */
export const detectOptions = (settings: Of<typeof detectSettings>, rulesDir: string | undefined) => ({
  learnMs: settings.RELEARN_DAYS * 86_400_000,
  maxReplayed: settings.RELEARN_MAX_EVENTS,
  ...(rulesDir === undefined ? {} : { rulesDir }),
});

const tlsOf = (settings: CollectEnvironment) => {
  if (settings.COLLECT_TLS_CERT === undefined || settings.COLLECT_TLS_KEY === undefined) return {};
  const ca = settings.COLLECT_TLS_CLIENT_CA;
  return {
    tls: {
      certificate: pemFile('COLLECT_TLS_CERT', settings.COLLECT_TLS_CERT),
      key: pemFile('COLLECT_TLS_KEY', settings.COLLECT_TLS_KEY),
      ...(ca === undefined ? {} : { clientCa: pemFile('COLLECT_TLS_CLIENT_CA', ca), requireClientCertificate: true }),
    },
  };
};
