import type { Logger } from '@outrider/platform/logger';
import type { Kafka as KafkaDriver, KafkaConfig, RetryOptions, SASLOptions } from 'kafkajs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { Kafka, logLevel } from './driver.ts';
import { kafkaLog } from './kafka-log.ts';
import type { ResolvedSettings } from './settings.ts';

const KEEP_ALIVE_MS = 30_000;

/**
 * A driver whose sockets we can close. kafkajs waits without a bound for answers when it disconnects, and a broker that hangs never
 * answers; such a client is destroyed and forgotten.
 */
export class KafkaClient {
  readonly kafka: KafkaDriver;
  readonly #sockets = new Set<Socket>();
  #destroyed = false;

  /** `retry`: how kafkajs tries to connect before it gives up; its own default takes some ten seconds. */
  constructor(settings: ResolvedSettings, log: Logger, retry?: RetryOptions) {
    this.kafka = new Kafka({
      ...connection(settings),
      ...(retry ? { retry } : {}),
      logLevel: logLevel.INFO,
      logCreator: kafkaLog(log),
      socketFactory: ({ host, port, ssl, onConnect }) => this.#socket(host, port, ssl, onConnect),
    });
  }

  /** Closes all connections, whatever is under way on them. */
  destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#sockets) socket.destroy(new Error('the client was given up'));
  }

  #socket(host: string, port: number, ssl: ConnectionOptions | undefined, onConnect: () => void): Socket {
    // An address has no server name (RFC 6066).
    const name = isIP(host) ? {} : { servername: host };
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#destroyed) queueMicrotask(() => socket.destroy(new Error('the client was given up')));
    return socket;
  }
}

const connection = (settings: ResolvedSettings): KafkaConfig => {
  const { tls, sasl } = settings;
  return {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    connectionTimeout: settings.connectTimeoutMs,
    authenticationTimeout: settings.connectTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    ...(tls
      ? {
          ssl: {
            ...(tls.caPem === undefined ? {} : { ca: tls.caPem }),
            ...(tls.certPem === undefined ? {} : { cert: tls.certPem }),
            ...(tls.keyPem === undefined ? {} : { key: tls.keyPem }),
          },
        }
      : {}),
    ...(sasl ? { sasl: mechanismOf(sasl) } : {}),
  };
};

const mechanismOf = ({ mechanism, username, password }: NonNullable<ResolvedSettings['sasl']>): SASLOptions => {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
};
