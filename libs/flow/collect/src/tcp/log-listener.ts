import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { CallerError } from '@outrider/platform/errors';
import type { GatewayContext } from '../entry/gateway-context.ts';
import { listenOn } from '../listen-on.ts';
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
    'tcp',
    parts.metrics,
  );

export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** PEM; client certificates signed by it are accepted. */
  readonly clientCa?: string | Buffer | undefined;
  readonly handshakeMs: number;
}

/** The TLS port (1.2 and later): the handshake says which gateway it is. Throws CallerError when certificate and key cannot be used. */
export const tlsListener = (
  parts: ListenerParts,
  material: TlsMaterial,
  gateways: TlsGateways,
  contextOf: (gateway: { tenant: string; id: string }) => GatewayContext,
): LogListener => {
  const server = tlsServer(
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
  // Also bounds the handshakes that are not finished, which are in no pool yet.
  server.maxConnections = parts.maxConnections;
  server.on('drop', () => parts.metrics.connectionsRefused({ transport: 'tls', reason: 'too-many' }));
  server.on('tlsClientError', () => parts.metrics.connectionsRefused({ transport: 'tls', reason: 'handshake' }));
  return new LogListener(server, 'tls', parts.metrics);
};

const tlsServer = (options: TlsOptions, onSecure: (socket: TLSSocket) => void): TlsServer => {
  try {
    return createTlsServer(options, onSecure);
  } catch (error) {
    throw new CallerError('the TLS certificate, key or CA cannot be used', 'invalid-configuration', 400, {
      cause: error,
    });
  }
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
  constructor(
    private readonly server: Server,
    private readonly transport: 'tcp' | 'tls',
    private readonly metrics: CollectMetrics,
  ) {}

  /** Resolves with the port; throws CallerError when it cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return listenOn(this.server, host, port, () =>
      this.metrics.connectionsRefused({ transport: this.transport, reason: 'accept' }),
    );
  }

  /** No new connections; those that are open stay. */
  stopAccepting(): void {
    if (this.server.listening) this.server.close();
  }
}
