import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A collector of log lines over TCP; lines are kept as bytes, one per character, because they need not be UTF-8. */
export interface LineCollector {
  readonly port: number;
  readonly lines: readonly string[];
  /** Connections that were ever opened. */
  readonly connections: () => number;
  /** Resolves once there are this many lines in all. */
  readonly received: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const startLineCollector = async (tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<LineCollector> => {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let connections = 0;
  const onSocket = (socket: Socket): void => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let rest = '';
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString('latin1')).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      for (const waiter of waiting) if (lines.length >= waiter.count) waiter.resolve();
    });
  };
  const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  const port = await listenAnywhere(server);
  return {
    port,
    lines,
    connections: () => connections,
    received: (count) =>
      new Promise((resolve) => {
        if (lines.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};

export const listenAnywhere = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
