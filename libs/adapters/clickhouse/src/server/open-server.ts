import { ClickHouseLogLevel, createClient, type ClickHouseSettings } from '@clickhouse/client';
import { CallerError } from '@outrider/platform/errors';
import type { ClickHouse } from '../open-clickhouse.ts';

export interface ServerAddress {
  /** `http(s)://user:password@host:8123/database`; the database defaults to `outrider`. */
  readonly url: string;
  /** Name of the cluster, as ON CLUSTER takes it (`{cluster}` for the macro): tables are then replicated and read through Distributed ones. */
  readonly cluster?: string;
  /** PEM of the authority that signed the server's certificate, where the system does not know it. */
  readonly caCert?: string | Buffer;
  /** Packs what is inserted (gzip): for a link that is slower than a core is dear. Default false; see docs/adr/0009. */
  readonly compressInserts?: boolean;
  /** Connections at once, each for one statement; 1 to 256, default 16. */
  readonly maxConnections?: number;
}

/** Where our tables live where the address names no database. */
export const DEFAULT_DATABASE = 'outrider';
const MAX_CONNECTIONS = 16;
/** Silence on a connection after which it is given up; ms. Statements have bounds of their own, which are shorter (QueryRunner). */
const SILENCE_MS = 120_000;
/** Below the keep-alive of servers and balancers (3 s and more), so that a connection is not used as it is being closed; ms. */
const IDLE_CONNECTION_MS = 2_000;

const DATABASE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const CLUSTER_NAME = /^(?:\{[a-z_]{1,32}\}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})$/;

/** Nothing is asked of the server yet. CallerError: an address that can not be one. */
export const openServer = (address: ServerAddress, settings: ClickHouseSettings): ClickHouse => {
  const { origin, username, password, database } = parse(address.url);
  const { cluster, maxConnections = MAX_CONNECTIONS } = address;
  if (cluster !== undefined && !CLUSTER_NAME.test(cluster))
    throw new CallerError('CLICKHOUSE_CLUSTER is no name of a cluster', 'invalid-cluster');
  if (!Number.isInteger(maxConnections) || maxConnections < 1 || maxConnections > 256)
    throw new CallerError('there are 1 to 256 connections to ClickHouse', 'invalid-connections');
  const ca = caOf(address);
  const options = {
    url: origin,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(ca ? { tls: { ca_cert: ca } } : {}),
    request_timeout: SILENCE_MS,
    max_open_connections: maxConnections,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_CONNECTION_MS, eagerly_destroy_stale_sockets: true },
    compression: { request: address.compressInserts ?? false, response: false },
    use_multipart_params_auto: true,
    application: 'outrider',
    clickhouse_settings: settings,
    // Errors reach the caller; the client would print them, settings and all, beside our own log.
    log: { level: ClickHouseLogLevel.OFF },
  } as const;
  const client = createClient({ ...options, database });
  // A connection that names a database which is not there yet is refused, so this one names none.
  const outside = createClient(options);
  return {
    client,
    outside,
    database,
    cluster,
    remote: true,
    close: async () => {
      await Promise.all([client.close(), outside.close()]);
    },
  };
};

const parse = (address: string) => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CallerError(
      'the ClickHouse URL (CLICKHOUSE_URL) must look like http(s)://user:password@host:8123/database',
      'invalid-url',
    );
  }
  const database = decoded(url.pathname.slice(1)) || DEFAULT_DATABASE;
  if (!DATABASE_NAME.test(database))
    throw new CallerError('the ClickHouse URL (CLICKHOUSE_URL) names no valid database', 'invalid-url');
  return { origin: url.origin, username: decoded(url.username), password: decoded(url.password), database };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new CallerError('the ClickHouse URL (CLICKHOUSE_URL) is not encoded as a URL', 'invalid-url', 400, {
      cause: error,
    });
  }
};

const caOf = ({ url, caCert }: ServerAddress): Buffer | undefined => {
  if (caCert === undefined || caCert.length === 0) return undefined;
  if (!url.startsWith('https:'))
    throw new CallerError('CLICKHOUSE_TLS_CA is set, but CLICKHOUSE_URL is not https', 'invalid-url');
  const pem = Buffer.from(caCert);
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new CallerError('CLICKHOUSE_TLS_CA holds no PEM certificate', 'invalid-certificate');
  return pem;
};
