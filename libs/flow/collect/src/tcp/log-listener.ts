import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { CallerError } from '@outrider/platform/errors';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { CollectMetrics } from '../publish/collect-metrics.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { TlsGateways } from './tls-gateway.ts';

export interface ListenerParts {
  readonly pool: ConnectionPool;
  readonly metrics: CollectMetrics;
  readonly maxConnections: number;
}

/** One plain port: everything that comes in belongs to one gateway. */
export const plainListener = (parts: ListenerParts, from: GatewayContext): LogListener =>
  new LogListener(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (admits(parts, socket, 'tcp')) parts.pool.add(socket, from, 'tcp');
    }),
  );

export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** PEM; client certificates signed by it are accepted. */
  readonly clientCa?: string | Buffer | undefined;
  readonly handshakeMs: number;
}

/** The TLS port (1.2 and later): the handshake says which gateway it is. */
export const tlsListener = (
  parts: ListenerParts,
  material: TlsMaterial,
  gateways: TlsGateways,
  contextOf: (gateway: { tenant: string; id: string }) => GatewayContext,
): LogListener => {
  const server = createTlsServer(
    {
      cert: material.certificate,
      key: material.key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: material.handshakeMs,
      requestCert: gateways.asksForCertificates || material.clientCa !== undefined,
      // Judged after the handshake, where a pinned certificate may stand in for a CA.
      rejectUnauthorized: false,
      ...(material.clientCa === undefined ? {} : { ca: material.clientCa }),
      allowHalfOpen: true,
    },
    (socket: TLSSocket) => {
      const identity = gateways.identify(socket);
      if ('refused' in identity) {
        parts.metrics.connectionsRefused({ transport: 'tls', reason: identity.refused });
        socket.on('error', () => undefined);
        socket.destroy();
      } else parts.pool.add(socket, contextOf(identity.gateway), 'tls');
    },
  );
  server.on('connection', (socket: Socket) => admits(parts, socket, 'tls'));
  server.on('tlsClientError', () => parts.metrics.connectionsRefused({ transport: 'tls', reason: 'handshake' }));
  return new LogListener(server);
};

const admits = (parts: ListenerParts, socket: Socket, transport: 'tcp' | 'tls'): boolean => {
  if (parts.pool.size < parts.maxConnections) return true;
  parts.metrics.connectionsRefused({ transport, reason: 'too-many' });
  socket.on('error', () => undefined);
  socket.destroy();
  return false;
};

/** A server that listens and stops; its connections live in the pool. */
export class LogListener {
  constructor(private readonly server: Server) {}

  /** Resolves with the port (asked for as 0: any free one). Throws CallerError when the port cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new CallerError(`cannot listen on ${host}:${port} (${error.code ?? error.message})`, 'cannot-listen', 409, {
            cause: error,
          }),
        ),
      );
      this.server.listen({ host, port, backlog: 1_024 }, () => resolve(portOf(this.server)));
    });
  }

  /** No new connections; those that are open stay. */
  stopAccepting(): void {
    if (this.server.listening) this.server.close();
  }
}

/** Guarantee of the cast: a server that listens on a host and port has an AddressInfo. */
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
