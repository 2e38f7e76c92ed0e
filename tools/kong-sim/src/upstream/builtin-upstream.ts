import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BuiltinUpstream {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const COLLECTIONS = ['orders', 'users', 'products', 'invoices', 'payments', 'reports', 'carts', 'addresses'];
/** Ids above this do not exist, so that guessing them meets 404. */
const LAST_ID = 5_000;
const PAGE = 20;
/** The one password that the login accepts. */
const LOGIN_PASSWORD = 'correct-horse';

/** A small shop to put behind the gateway, so that a demo needs nothing else. It keeps no state. */
export const startBuiltinUpstream = async (host: string): Promise<BuiltinUpstream> => {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${host}:${port}`, stop };
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await readText(request);
  const { pathname } = new URL(request.url ?? '/', 'http://upstream');
  const [first = '', second, third] = pathname.split('/').filter((segment) => segment !== '');
  if (first === 'status') return json(response, Number(second) || 200, { status: Number(second) || 200 });
  if (first === 'delay') return later(response, Number(second) || 0);
  if (first === 'bytes') return bytes(response, Number(second) || 0);
  if (first === 'close') return void request.socket.destroy();
  if (first === 'login') return login(response, body);
  if (first === '' || first === 'health') return json(response, 200, { service: 'shop', status: 'ok' });
  if (!COLLECTIONS.includes(first)) return json(response, 404, { error: 'not found' });
  return collection(request.method ?? 'GET', response, first, second, third);
};

const collection = (method: string, response: ServerResponse, name: string, id?: string, part?: string): void => {
  if (id === undefined) {
    if (method === 'POST') return json(response, 201, { id: 1, created: true });
    return json(response, 200, { data: Array.from({ length: PAGE }, (_, at) => item(name, at + 1)), total: LAST_ID });
  }
  const number = Number(id);
  if (!Number.isInteger(number) || number < 1 || number > LAST_ID) return json(response, 404, { error: 'not found' });
  if (method === 'DELETE') return void response.writeHead(204).end();
  json(response, 200, part === undefined ? item(name, number) : { of: number, part });
};

const item = (name: string, id: number): Record<string, unknown> => ({
  id,
  kind: name.replace(/s$/, ''),
  owner: `user-${(id * 7) % 97}`,
  amount: (id * 137) % 10_000,
  currency: 'EUR',
  createdAt: new Date(1_760_000_000_000 + id * 3_600_000).toISOString(),
});

const login = (response: ServerResponse, body: string): void => {
  const isRight = body.includes(`"${LOGIN_PASSWORD}"`) || body.includes(`password=${LOGIN_PASSWORD}`);
  json(response, isRight ? 200 : 401, isRight ? { token: 'demo-session' } : { error: 'wrong user name or password' });
};

const later = (response: ServerResponse, delayMs: number): void => {
  setTimeout(() => json(response, 200, { delayedMs: delayMs }), Math.min(delayMs, 60_000)).unref();
};

const bytes = (response: ServerResponse, count: number): void => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.end(Buffer.alloc(Math.min(count, 50_000_000), 'x'));
};

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
};

const readText = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};
