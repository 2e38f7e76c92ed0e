import type { AdminFault } from './admin/admin-faults.ts';
import { AdminServer, type AdminCall } from './admin/admin-server.ts';
import { systemSources, type Sources } from './identifiers.ts';
import type { JsonObject } from './json.ts';
import type { HttpLogCounts } from './logging/http-log-queue.ts';
import { LogDispatch } from './logging/log-dispatch.ts';
import { clientAddressReader } from './proxy/client-address.ts';
import { GatewayView } from './proxy/gateway-view.ts';
import { ProxyServer } from './proxy/proxy-server.ts';
import { seedStore, type Declarative } from './seed/declarative.ts';
import type { KindName } from './store/entity-kinds.ts';
import { EntityStore } from './store/entity-store.ts';
import { startBuiltinUpstream } from './upstream/builtin-upstream.ts';

export interface KongSimOptions {
  /** 0, the default, takes a free port. */
  readonly adminPort?: number;
  readonly proxyPort?: number;
  /** Where both listen; 127.0.0.1 unless said otherwise. */
  readonly host?: string;
  /**
   * How often the proxy looks for changed routes, services and plugins: 5000 by default, as Kong does, so a change takes
   * 0 to 5 s. 0 makes them visible at once; Infinity only when `propagate()` is called. Consumers and credentials never wait.
   */
  readonly propagationMs?: number;
  /** Peers (addresses or ranges) that may name the client's address in the header below. */
  readonly trustedIps?: readonly string[];
  /** X-Forwarded-For by default; its last address counts. */
  readonly realIpHeader?: string;
  /** A node without a database: its Admin API refuses writes; seed it. */
  readonly dbless?: boolean;
  /** An upstream for seeds to use in place of the built-in one, which is then not started. */
  readonly upstream?: string;
  /** Time and ids, for tests that need the same ones each time. */
  readonly sources?: Partial<Sources>;
}

export interface KongSim {
  readonly adminUrl: string;
  readonly proxyUrl: string;
  /** The upstream that seeds should point their services at. */
  readonly upstreamUrl: string;
  /** Every call of the Admin API so far, in order. */
  readonly adminLog: readonly AdminCall[];
  /** How many of those were writes (POST, PUT, PATCH, DELETE), whatever came of them. */
  readonly adminWrites: number;
  /** Entries that left, by logging plugin, and those that were lost. */
  readonly logCounts: {
    readonly tcp: { readonly sent: number; readonly dropped: number };
    readonly http: Readonly<HttpLogCounts>;
  };
  /** Stores entities and makes them visible at once; does not appear in `adminLog`. */
  seed(declarative: Declarative): void;
  /** Makes the Admin API misbehave; undefined ends it. */
  fault(fault: AdminFault | undefined): Promise<void>;
  /** A poll now: changes made so far take effect in the proxy. */
  propagate(): void;
  /** The stored rows of a kind, as the Admin API shows them. */
  list(kind: KindName): JsonObject[];
  /** Resolves when all log entries so far were delivered or given up. */
  flushLogs(): Promise<void>;
  stop(): Promise<void>;
}

/** A stand-in for a Kong 3.9 node: Admin API and proxy in this process, with memory in place of a database. */
export const startKongSim = async (options: KongSimOptions = {}): Promise<KongSim> => {
  const host = options.host ?? '127.0.0.1';
  const propagationMs = options.propagationMs ?? 5_000;
  const trustedIps = options.trustedIps ?? [];
  const realIpHeader = options.realIpHeader ?? (trustedIps.length === 0 ? 'X-Real-IP' : 'X-Forwarded-For');
  const sources: Sources = { ...systemSources, ...options.sources };
  const store = new EntityStore(sources);
  const view = new GatewayView(store, propagationMs);
  const logs = new LogDispatch(systemSources.generateId());
  let configurationVersion = 0;
  store.onChange(() => configurationVersion++);

  const proxy = new ProxyServer({
    host,
    sources,
    view,
    clientAddress: clientAddressReader(trustedIps, realIpHeader),
    onDone: (exchange, outcome) => logs.dispatch(exchange, outcome),
  });
  const listening = { admin: '', proxy: '' };
  const node = {
    nodeId: systemSources.generateId(),
    dbless: options.dbless ?? false,
    trustedIps,
    realIpHeader,
    propagationMs,
    listen: () => listening,
    totalRequests: () => proxy.totalRequests,
    configurationVersion: () => configurationVersion,
  };
  const admin = new AdminServer({ store, dbless: node.dbless, node, sources }, host);

  const proxyPort = await proxy.listen(options.proxyPort ?? 0);
  const adminPort = await admin.listen(options.adminPort ?? 0).catch(async (error: unknown) => {
    await proxy.close();
    throw error;
  });
  const upstream = options.upstream === undefined ? await startBuiltinUpstream(host) : undefined;
  Object.assign(listening, { admin: `${host}:${adminPort}`, proxy: `${host}:${proxyPort}` });
  view.start();

  return {
    adminUrl: `http://${urlHost(host)}:${adminPort}`,
    proxyUrl: `http://${urlHost(host)}:${proxyPort}`,
    upstreamUrl: upstream?.url ?? options.upstream ?? '',
    adminLog: admin.log,
    get adminWrites() {
      return admin.log.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method)).length;
    },
    get logCounts() {
      return { tcp: { sent: logs.tcp.sent, dropped: logs.tcp.dropped }, http: { ...logs.httpCounts } };
    },
    seed: (declarative) => {
      seedStore(store, declarative);
      view.propagate();
    },
    fault: (fault) => admin.fault(fault),
    propagate: () => view.propagate(),
    list: (kind) => store.all(kind),
    flushLogs: async () => {
      await proxy.settled();
      await logs.flushed();
    },
    stop: async () => {
      view.stop();
      await Promise.all([admin.close(), proxy.close(), upstream?.stop()]);
      logs.close();
    },
  };
};

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
