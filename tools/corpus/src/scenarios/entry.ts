import type { Call, RouteName } from './call.ts';
import type { Random } from '../random.ts';

const SERVICE = {
  id: '68696fcd-88e0-4478-9431-5c5ca0f8d2cb',
  name: 'shop',
  host: '10.1.0.5',
  port: 8080,
  protocol: 'http',
  retries: 5,
  connect_timeout: 60000,
  read_timeout: 60000,
  write_timeout: 60000,
  enabled: true,
  created_at: 1795365334,
  updated_at: 1795365334,
  ws_id: '8cd4117f-6611-4763-9ed2-de156e39bf4f',
};
const ROUTE_IDS: Record<RouteName, string> = {
  api: 'ca5b31f0-cf6f-41d2-9a4e-54648b2049bc',
  login: '5f9f5376-53ad-42e5-bd9c-56e084925eda',
  public: '2aa58c3d-8020-44e2-97f8-f6ba73c8eb91',
};
const routeOf = (name: RouteName) => ({
  id: ROUTE_IDS[name],
  name: `r-${name}`,
  paths: [`/${name}`],
  protocols: ['http', 'https'],
  strip_path: false,
  preserve_host: false,
  regex_priority: 0,
  path_handling: 'v0',
  https_redirect_status_code: 426,
  request_buffering: true,
  response_buffering: true,
  service: { id: SERVICE.id },
  created_at: 1795365335,
  updated_at: 1795365335,
  ws_id: SERVICE.ws_id,
});
const ROUTES = { api: routeOf('api'), login: routeOf('login'), public: routeOf('public') };

/** The log entry that Kong 3.9's tcp-log would send for the call. */
export const entryOf = (call: Call, random: Random): object => {
  const query = call.query ?? {};
  const search = Object.entries(query)
    .map(([k, v]) => `${k}=${v}`)
    .join('&');
  const uri = search === '' ? call.path : `${call.path}?${search}`;
  const { consumer } = call.caller;
  const byKong = call.byKong ?? false;
  const id = random.hex(32);
  return {
    started_at: Math.round(call.at),
    ...(call.route === undefined ? {} : { route: ROUTES[call.route], service: SERVICE }),
    workspace: SERVICE.ws_id,
    workspace_name: 'default',
    source: byKong ? 'kong' : 'upstream',
    upstream_status: byKong ? '' : String(call.status),
    upstream_uri: call.route === undefined ? '' : uri,
    latencies: {
      request: Math.round(call.latencyMs),
      kong: 1,
      proxy: byKong ? -1 : Math.max(0, Math.round(call.latencyMs) - 1),
      receive: 0,
    },
    request: {
      id,
      method: call.method,
      uri,
      url: `http://api.shop.test:8000${uri}`,
      querystring: query,
      size: 180 + uri.length,
      headers: {
        host: 'api.shop.test',
        'user-agent': call.caller.userAgent,
        accept: '*/*',
        ...(consumer
          ? { apikey: consumer.key, 'x-consumer-id': consumer.id, 'x-consumer-username': consumer.username }
          : {}),
        ...(call.badKey === undefined ? {} : { apikey: call.badKey }),
      },
    },
    response: {
      status: call.status,
      size: Math.round(call.bytes),
      headers: { 'content-type': 'application/json', 'x-kong-request-id': id },
    },
    client_ip: call.address,
    ...(call.route === undefined
      ? {}
      : {
          tries: byKong
            ? []
            : [{ balancer_latency: 0, balancer_start: Math.round(call.at), ip: '10.1.0.5', port: 8080 }],
        }),
    ...(consumer && call.route === 'api'
      ? {
          consumer: { id: consumer.id, username: consumer.username, created_at: 1795365342, updated_at: 1795365342 },
          authenticated_entity: { id: consumer.credential },
        }
      : {}),
  };
};
