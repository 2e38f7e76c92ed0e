/** Consumers of the steady load. */
export const LOAD_CONSUMERS = 40;

const CONSUMER_ID = (n: number): string => `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`;
const CREDENTIAL_ID = (n: number): string => `10000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`;

const request = (id: string, path: string, headers: Readonly<Record<string, string>>): object => ({
  id,
  method: 'GET',
  uri: path,
  url: `http://api.shop.test:8000${path}`,
  querystring: {},
  size: 150,
  headers: { 'user-agent': 'load/1', ...headers },
});

/** A log entry of Kong 3.9's form, as one of the load's consumers causes it; now. */
export const servedEntry = (id: string, consumer: number): object => ({
  started_at: Date.now(),
  source: 'upstream',
  upstream_status: '200',
  upstream_uri: '/api/orders/1',
  client_ip: `198.51.100.${consumer}`,
  consumer: { id: CONSUMER_ID(consumer), username: `load-${consumer}` },
  authenticated_entity: { id: CREDENTIAL_ID(consumer) },
  latencies: { request: 5, kong: 1, proxy: 4, receive: 0 },
  request: request(id, '/api/orders/1', {}),
  response: { status: 200, size: 400, headers: { 'content-type': 'application/json' } },
  tries: [{ ip: '10.0.0.1', port: 80, balancer_latency: 0, balancer_start: Date.now() }],
});

/** What Kong logs when it refuses a key that it does not know; now. */
export const refusedEntry = (id: string, address: string, key: string): object => ({
  started_at: Date.now(),
  source: 'kong',
  upstream_status: '',
  upstream_uri: '/api/orders',
  client_ip: address,
  latencies: { request: 1, kong: 1, proxy: -1, receive: 0 },
  request: request(id, '/api/orders', { apikey: key }),
  response: { status: 401, size: 280, headers: { 'content-type': 'application/json' } },
  tries: [],
});
