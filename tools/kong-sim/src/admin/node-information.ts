import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { ENABLED_PLUGINS } from '../schema/schema-library.ts';

export interface NodeSettings {
  readonly nodeId: string;
  readonly dbless: boolean;
  readonly trustedIps: readonly string[];
  readonly realIpHeader: string;
  readonly propagationMs: number;
  readonly listen: () => { readonly admin: string; readonly proxy: string };
  readonly totalRequests: () => number;
  /** Changes with every change of the configuration. */
  readonly configurationVersion: () => number;
}

/** `GET /`: the fields that a configuration check reads, with Kong's values and types; a real node has some 200 more. */
export const nodeInformation = (node: NodeSettings): JsonObject => ({
  hostname: 'kong',
  tagline: 'Welcome to kong',
  node_id: node.nodeId,
  version: '3.9.3',
  lua_version: 'LuaJIT 2.1.0-20231117',
  pids: { master: process.pid, workers: [process.pid] },
  timers: { running: 0, pending: 0 },
  plugins: {
    available_on_server: Object.fromEntries(ENABLED_PLUGINS.map((name) => [name, { version: '3.9.3', priority: 0 }])),
    enabled_in_cluster: [],
  },
  configuration: configurationOf(node),
});

const configurationOf = (node: NodeSettings): JsonObject => ({
  database: node.dbless ? 'off' : 'postgres',
  role: 'traditional',
  admin_listen: [node.listen().admin],
  proxy_listen: [node.listen().proxy],
  admin_gui_listen: ['off'],
  stream_listen: ['off'],
  admin_ssl_enabled: false,
  proxy_ssl_enabled: false,
  // An empty Lua table is an object in Kong's JSON.
  trusted_ips: node.trustedIps.length === 0 ? {} : [...node.trustedIps],
  real_ip_header: node.realIpHeader,
  real_ip_recursive: 'off',
  worker_consistency: node.propagationMs === 0 ? 'strict' : 'eventual',
  worker_state_update_frequency: Number.isFinite(node.propagationMs) ? node.propagationMs / 1000 : 0,
  anonymous_reports: false,
  headers: ['server_tokens', 'latency_tokens', 'X-Kong-Request-Id'],
  headers_upstream: ['X-Kong-Request-Id'],
  client_ssl: false,
  ssl_cipher_suite: 'intermediate',
  untrusted_lua: 'sandbox',
  nginx_http_client_max_body_size: '0',
  lua_max_req_headers: 100,
  lua_max_resp_headers: 100,
  lua_max_uri_args: 100,
  plugins: ['bundled'],
  loaded_plugins: Object.fromEntries(ENABLED_PLUGINS.map((name) => [name, true])),
});

/** `GET /status`; without a database it tells a hash of the configuration instead of the database's state. */
export const nodeStatus = (node: NodeSettings): JsonObject => ({
  server: {
    connections_accepted: node.totalRequests(),
    connections_handled: node.totalRequests(),
    connections_active: 1,
    connections_reading: 0,
    connections_writing: 1,
    connections_waiting: 0,
    total_requests: node.totalRequests(),
  },
  memory: { lua_shared_dicts: {}, workers_lua_vms: [{ pid: process.pid, http_allocated_gc: '47.12 MiB' }] },
  ...(node.dbless ? { configuration_hash: configurationHash(node) } : { database: { reachable: true } }),
});

const configurationHash = (node: NodeSettings): string =>
  node.configurationVersion() === 0
    ? '0'.repeat(32)
    : createHash('md5').update(String(node.configurationVersion())).digest('hex');
