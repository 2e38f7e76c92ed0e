import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenAnywhere } from './line-collector.ts';

/** An upstream like the one behind the recorded gateway: its answers have the same headers. */
export interface LabUpstream {
  readonly port: number;
  /** The requests it saw: method, path, and headers as sent by the gateway. */
  readonly seen: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Resolves when a request for this path arrives. */
  readonly arrival: (path: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const startLabUpstream = async (): Promise<LabUpstream> => {
  const seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    seen.push({ method: request.method ?? '', url, headers: request.headers });
    waiting.get(url)?.();
    request.resume();
    request.on('end', () => answer(url.split('?')[0] ?? '/', request, response));
  });
  const port = await listenAnywhere(server);
  return {
    port,
    seen,
    arrival: (path) => new Promise((resolve) => waiting.set(path, resolve)),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};

const answer = (path: string, request: IncomingMessage, response: ServerResponse): void => {
  const [, first, second] = path.split('/');
  if (first === 'close') return void request.socket.destroy();
  // A delayed answer never comes: the tests are about who gives up first.
  if (first === 'delay') return;
  if (first === 'status')
    response.writeHead(Number(second), { 'content-type': 'application/json', 'x-upstream': 'lab' });
  else if (first === 'stream') response.writeHead(200);
  else if (first === 'bytes') response.writeHead(200, { 'content-type': 'application/octet-stream' });
  else if (first === 'cookies')
    response.writeHead(200, {
      'content-type': 'text/plain; charset=UTF-8',
      'set-cookie': ['a=1; Path=/', 'b=2; HttpOnly'],
      'x-multi': ['one', 'two'],
    });
  else response.writeHead(200, { 'content-type': 'application/json' });
  response.write(first === 'bytes' ? Buffer.alloc(Number(second), 'x') : '{"seen":true}');
  response.end();
};
