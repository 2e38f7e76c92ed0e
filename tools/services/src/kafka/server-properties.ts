/** What a broker is told; ports are of 127.0.0.1. */
export interface BrokerLayout {
  readonly data: string;
  readonly clientPort: number;
  /** For ourselves and the broker: without TLS and SASL, whatever the client's listener asks for. */
  readonly internalPort: number;
  readonly controllerPort: number;
  readonly clientProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** Over ours: those of the client's listener (key store, SASL mechanisms) and the caller's. */
  readonly extra: Readonly<Record<string, string>>;
}

/** One node that is broker and controller, for one machine: a single copy of everything, no waiting for a second member. */
export const serverProperties = (layout: BrokerLayout): string => {
  const at = (name: string, port: number): string => `${name}://127.0.0.1:${port}`;
  return toProperties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${layout.controllerPort}`,
    listeners: [
      at('CLIENT', layout.clientPort),
      at('INTERNAL', layout.internalPort),
      at('CONTROLLER', layout.controllerPort),
    ].join(','),
    'advertised.listeners': [at('CLIENT', layout.clientPort), at('INTERNAL', layout.internalPort)].join(','),
    'listener.security.protocol.map': `CLIENT:${layout.clientProtocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': layout.data,
    'auto.create.topics.enable': 'false',
    'num.partitions': '1',
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    // kafkajs asks for 30 s and less; tests of takeover need less than the default bound of 6 s
    'group.min.session.timeout.ms': '1000',
    // a broker that was killed is let in again only when its old session is over; 9 s by default
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
    'log.cleaner.dedupe.buffer.size': '8388608',
    'metrics.num.samples': '2',
    ...layout.extra,
  });
};

/** A Java properties file; the values are ours, and a backslash or a line's end in a path or password must not become syntax. */
export const toProperties = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${escaped(value)}\n`)
    .join('');

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replace(/^ /, '\\ ');
