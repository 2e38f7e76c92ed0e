/**
 * Kong log entries of very many callers with a few requests each, to standard output, in order of time:
 *   node tools/bench/many-callers.mjs [callers=1000000] [requests=3] [hours=6] | node apps/outrider/bin/outrider.mjs analyze -
 * Each caller is a consumer with a credential and an address of its own; all keep to a dozen endpoints. Nothing in it is an attack.
 */
import { once } from 'node:events';

const option = (name, otherwise) =>
  Number(process.argv.find((a) => a.startsWith(`${name}=`))?.slice(name.length + 1) ?? otherwise);
const callers = option('callers', 1_000_000);
const requests = option('requests', 3);
const spanMs = option('hours', 6) * 3_600_000;
const START = Date.UTC(2026, 8, 7, 6);
const CHUNK = 1_000;

const AGENTS = ['okhttp/4.12.0', 'Mobile/7.4 (iOS 18.1)', 'Mobile/7.4 (Android 15)', 'python-requests/2.32.3'];
const PATHS = [
  'orders',
  'orders/#',
  'orders/#/lines',
  'products',
  'products/#',
  'cart',
  'cart/items',
  'profile',
  'messages',
  'stores',
];
const service = {
  id: '263fe4ce-7de6-4079-a299-b9f48f4ca063',
  name: 'shop',
  host: 'shop.internal',
  port: 80,
  protocol: 'http',
};
const route = { id: 'bd13ceb5-239b-443e-a409-fbfc14e7b476', name: 'core', service: { id: service.id } };
const hex = (n, length) => n.toString(16).padStart(length, '0');
const uuid = (kind, n) => `${hex(kind, 8)}-0000-4000-8000-${hex(n, 12)}`;
/** Spread over 11.0.0.0/8 … 30.0.0.0/8, 200 callers a /24. */
const address = (n) =>
  `${11 + (Math.floor(n / 13_107_200) % 20)}.${Math.floor(n / 51_200) % 256}.${Math.floor(n / 200) % 256}.${1 + (n % 200)}`;

const entry = (n, round, i, at) => {
  const path = `/v1/${PATHS[(n * 7 + round * 3) % PATHS.length].replace('#', String((n * 31 + round) % 5_000_000))}`;
  const request = uuid(9, i);
  return JSON.stringify({
    started_at: at,
    source: 'upstream',
    upstream_status: '200',
    upstream_uri: path,
    latencies: { request: 40 + (n % 30), kong: 2, proxy: 38 + (n % 30), receive: 0 },
    request: {
      id: request,
      method: 'GET',
      uri: path,
      url: `https://api.example.test:8443${path}`,
      querystring: {},
      size: 240,
      headers: { host: 'api.example.test', 'user-agent': AGENTS[n % AGENTS.length], accept: 'application/json' },
    },
    response: { status: 200, size: 900 + (n % 700), headers: { 'content-type': 'application/json' } },
    client_ip: address(n),
    consumer: { id: uuid(1, n), username: `caller-${n}` },
    authenticated_entity: { id: uuid(2, n) },
    service,
    route,
  });
};

// Each round asks once for everybody, in an order that has nothing to do with their numbers.
const STEP = 7_368_787;
const all = callers * requests;
for (let i = 0; i < all;) {
  let text = '';
  for (let k = 0; k < CHUNK && i < all; k++, i++) {
    const round = Math.floor(i / callers);
    text += `${entry(((i % callers) * STEP + round * 17) % callers, round, i, START + Math.floor((i / all) * spanMs))}\n`;
  }
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
