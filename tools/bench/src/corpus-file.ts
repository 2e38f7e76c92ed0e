import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export interface CorpusFile {
  readonly path: string;
  readonly entries: number;
  readonly bytes: number;
}

const CONSUMERS = 400;
const RESOURCES = ['orders', 'customers', 'products', 'invoices', 'stock', 'shipments', 'prices', 'reviews'];

/** Calm traffic of 400 consumers, as Kong 3.9 logs it (about 1.9 KB an entry), spread evenly over the last minutes; ids never repeat. */
export const writeCorpus = async (path: string, entries: number): Promise<CorpusFile> => {
  const out = createWriteStream(path);
  const spanMs = 240_000;
  const from = Date.now() - spanMs;
  const ids = Array.from({ length: CONSUMERS }, () => randomBytes(6).toString('hex'));
  let chunk = '';
  let bytes = 0;
  for (let i = 0; i < entries; i++) {
    const consumer = (i * 7919) % CONSUMERS;
    chunk += `${line(from + (i / entries) * spanMs, consumer, ids[consumer] ?? '', i)}\n`;
    if (chunk.length < 1 << 20) continue;
    bytes += Buffer.byteLength(chunk);
    if (!out.write(chunk)) await once(out, 'drain');
    chunk = '';
  }
  bytes += Buffer.byteLength(chunk);
  out.end(chunk);
  await once(out, 'finish');
  return { path, entries, bytes };
};

const line = (at: number, consumer: number, id: string, i: number): string => {
  const resource = RESOURCES[(consumer + i) % RESOURCES.length] ?? 'orders';
  const path = `/api/${resource}/${(i * 31) % 50_000}`;
  const requestId = randomBytes(16).toString('hex');
  const started = Math.round(at);
  const status = i % 97 === 0 ? 404 : i % 401 === 0 ? 500 : 200;
  return JSON.stringify({
    started_at: started,
    route: {
      preserve_host: false,
      created_at: 1795365335,
      updated_at: 1795365335,
      service: { id: '68696fcd-88e0-4478-9431-5c5ca0f8d2cb' },
      ws_id: '8cd4117f-6611-4763-9ed2-de156e39bf4f',
      regex_priority: 0,
      path_handling: 'v0',
      response_buffering: true,
      https_redirect_status_code: 426,
      paths: ['/api'],
      name: 'r-api',
      request_buffering: true,
      strip_path: true,
      protocols: ['http', 'https'],
      id: 'ca5b31f0-cf6f-41d2-9a4e-54648b2049bc',
    },
    workspace: '8cd4117f-6611-4763-9ed2-de156e39bf4f',
    source: 'upstream',
    upstream_status: String(status),
    latencies: { receive: 0, proxy: 5 + (i % 40), kong: 1, request: 6 + (i % 40) },
    request: {
      url: `http://api.lab.test:8000${path}?expand=items`,
      uri: `${path}?expand=items`,
      querystring: { expand: 'items' },
      id: requestId,
      size: 123 + (i % 300),
      method: i % 9 === 0 ? 'POST' : 'GET',
      headers: {
        'user-agent': `client-${consumer % 12}/2.4`,
        'x-credential-identifier': `4f4bf393-5b7c-42f1-82a0-${id}`,
        apikey: `key-${id}`,
        'x-consumer-custom-id': `c-${consumer}`,
        connection: 'close',
        'x-consumer-id': `f80fa696-f3ef-4560-a3a6-${id}`,
        host: 'api.lab.test',
        'x-consumer-username': `consumer-${consumer}`,
      },
    },
    authenticated_entity: { id: `4f4bf393-5b7c-42f1-82a0-${id}` },
    client_ip: `203.0.${consumer % 250}.${(i % 3) + 1}`,
    response: {
      status,
      size: 700 + (i % 4000),
      headers: {
        'x-kong-proxy-latency': '1',
        'transfer-encoding': 'chunked',
        server: 'kong/3.9.3',
        'x-kong-request-id': requestId,
        date: 'Sun, 22 Nov 2026 16:57:32 GMT',
        connection: 'close',
        'x-kong-upstream-latency': '1',
        'content-type': 'application/json',
        via: '1.1 kong/3.9.3',
      },
    },
    tries: [
      {
        balancer_latency: 0,
        balancer_latency_ns: 16384,
        balancer_start_ns: 1.7953666524296e18,
        ip: '127.0.0.1',
        balancer_start: started,
        port: 9100,
      },
    ],
    workspace_name: 'default',
    consumer: {
      tags: ['team-a', 'gold'],
      custom_id: `c-${consumer}`,
      updated_at: 1795365342,
      id: `f80fa696-f3ef-4560-a3a6-${id}`,
      username: `consumer-${consumer}`,
      created_at: 1795365342,
    },
    service: {
      ws_id: '8cd4117f-6611-4763-9ed2-de156e39bf4f',
      retries: 5,
      id: '68696fcd-88e0-4478-9431-5c5ca0f8d2cb',
      write_timeout: 60000,
      protocol: 'http',
      port: 9100,
      name: 'svc',
      updated_at: 1795365334,
      enabled: true,
      connect_timeout: 60000,
      read_timeout: 60000,
      host: '127.0.0.1',
      created_at: 1795365334,
    },
    upstream_uri: `/${resource}/${(i * 31) % 50_000}?expand=items`,
  });
};
