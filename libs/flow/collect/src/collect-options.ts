import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { CallerError } from '@outrider/platform/errors';
import { DEFAULT_LIMITS, type CollectLimits } from './collect-limits.ts';

export interface CollectOptions {
  readonly gateways: readonly GatewaySettings[];
  /** Id of the gateway that the default ports belong to; the first one when absent. */
  readonly defaultGateway?: string;
  /** At least 16 bytes; the same for all collectors, or one credential has two fingerprints. */
  readonly fingerprintKey: Buffer;
  /** Address to listen on; 127.0.0.1 when absent. */
  readonly host?: string;
  /** Ports; 0 is any free one, absent is off. */
  readonly tcpPort?: number;
  readonly tlsPort?: number;
  readonly httpPort?: number;
  /** PEM; needed for `tlsPort`. */
  readonly tls?: {
    readonly certificate: string | Buffer;
    readonly key: string | Buffer;
    readonly clientCa?: string | Buffer;
    /** Connections without an accepted client certificate are refused. */
    readonly requireClientCertificate?: boolean;
  };
  readonly limits?: Partial<CollectLimits>;
}

/** Options that were checked and completed. */
export interface CollectSetup extends Omit<CollectOptions, 'limits' | 'defaultGateway' | 'host'> {
  readonly default: GatewaySettings;
  readonly host: string;
  readonly limits: CollectLimits;
}

/** Throws CallerError when the options contradict each other. */
export const setUpOf = (options: CollectOptions): CollectSetup => {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const fallback =
    options.defaultGateway === undefined
      ? options.gateways[0]
      : options.gateways.find((gateway) => gateway.id === options.defaultGateway);
  if (!fallback) throw invalid('there is no default gateway among the gateways');
  if (options.fingerprintKey.length < 16) throw invalid('the fingerprint key has fewer than 16 bytes');
  if (limits.lowBytes >= limits.highBytes) throw invalid('lowBytes must be below highBytes');
  if (options.tlsPort !== undefined && !options.tls) throw invalid('the TLS port needs a certificate and its key');
  if (
    options.tls?.requireClientCertificate === true &&
    options.tls.clientCa === undefined &&
    !options.gateways.some((g) => g.clientCertificates.length > 0)
  )
    throw invalid('client certificates are required, but neither a CA nor a pinned certificate is configured');
  refuseTwice(options.gateways, (gateway) => [`${gateway.tenant}/${gateway.id}`], 'gateway id');
  refuseTwice(
    options.gateways,
    (gateway) => (gateway.ingestToken === undefined ? [] : [gateway.ingestToken]),
    'ingest token',
  );
  refuseTwice(options.gateways, (gateway) => gateway.sni.map((name) => name.toLowerCase()), 'server name');
  refuseTwice(options.gateways, (gateway) => gateway.clientCertificates, 'client certificate');
  return { ...options, default: fallback, host: options.host ?? '127.0.0.1', limits };
};

const refuseTwice = (
  gateways: readonly GatewaySettings[],
  keys: (gateway: GatewaySettings) => readonly string[],
  what: string,
): void => {
  const seen = new Set<string>();
  for (const gateway of gateways)
    for (const key of keys(gateway)) {
      if (seen.has(key)) throw invalid(`two gateways have the same ${what}`);
      seen.add(key);
    }
};

const invalid = (message: string): CallerError => new CallerError(message, 'invalid-configuration');
