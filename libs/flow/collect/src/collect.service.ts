import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Clock } from '@outrider/ports/clock';
import type { AddressFacts } from '@outrider/ports/address-facts';
import type { EventBus } from '@outrider/ports/event-bus';
import { setUpOf, type CollectOptions, type CollectSetup } from './collect-options.ts';
import { EntryReader } from './entry/entry-reader.ts';
import { GatewayContext, gatewayKey } from './entry/gateway-context.ts';
import { SecretNames } from './entry/secret-names.ts';
import { PartialBudget } from './framing/partial-entry.ts';
import { IngestTokens } from './http/ingest-tokens.ts';
import { LogHttpServer } from './http/log-http-server.ts';
import { collectMetrics } from './publish/collect-metrics.ts';
import { DeadLetterPublisher } from './publish/dead-letter-publisher.ts';
import { EventPublisher } from './publish/event-publisher.ts';
import type { RawMatcher } from './signals/raw-matcher.ts';
import { SourceBoard, type SourceStatus } from './source-status.ts';
import { ConnectionPool } from './tcp/connection-pool.ts';
import { plainListener, tlsListener, type LogListener } from './tcp/log-listener.ts';
import { TlsGateways } from './tcp/tls-gateway.ts';

export interface CollectParts {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where client addresses are looked up; unknown without. */
  readonly addresses?: AddressFacts | undefined;
  /** Rules that must see the raw request; none without. */
  readonly rules?: RawMatcher | undefined;
}

/** The ports that are open; absent ones are off. */
export interface CollectAddresses {
  readonly tcp?: number;
  readonly tls?: number;
  readonly http?: number;
  /** Gateways' own TCP ports, by `tenant/gateway`. */
  readonly gateways: Readonly<Record<string, number>>;
}

/** The collect stage of a process: its listeners, its reader and its way to the bus. */
export class CollectService {
  readonly names = new SecretNames();
  readonly reader: EntryReader;
  readonly publisher: EventPublisher;
  readonly deadLetters: DeadLetterPublisher;
  readonly #setup: CollectSetup;
  readonly #contexts = new Map<string, GatewayContext>();
  readonly #board: SourceBoard;
  readonly #pool: ConnectionPool;
  readonly #http: LogHttpServer;
  readonly #metrics: ReturnType<typeof collectMetrics>;
  #listeners: LogListener[] = [];
  #addresses: CollectAddresses = { gateways: {} };

  /** Throws CallerError for options that cannot work. Opens nothing yet. */
  constructor(
    options: CollectOptions,
    private readonly parts: CollectParts,
  ) {
    const setup = setUpOf(options);
    const { limits } = setup;
    this.#setup = setup;
    for (const gateway of setup.gateways) this.#contexts.set(keyOf(gateway), new GatewayContext(gateway, this.names));
    const metrics = collectMetrics(parts.metrics);
    const publishing = { bus: parts.bus, clock: parts.clock, log: parts.log, metrics };
    this.#metrics = metrics;
    this.#board = new SourceBoard(metrics);
    this.reader = new EntryReader({
      fingerprintKey: setup.fingerprintKey,
      addresses: parts.addresses,
      rules: parts.rules,
    });
    this.publisher = new EventPublisher(publishing, limits);
    this.deadLetters = new DeadLetterPublisher(publishing, {
      ...limits,
      perSecond: limits.deadLettersPerSecond,
      burst: limits.deadLetterBurst,
      maxWaiting: limits.deadLettersWaiting,
    });
    const budget = new PartialBudget(limits.partialBytes);
    const intake = { reader: this.reader, deadLetters: this.deadLetters, board: this.#board, clock: parts.clock };
    const shared = { ...intake, publisher: this.publisher, budget, metrics, log: parts.log };
    this.#pool = new ConnectionPool(
      { ...shared, entryBytes: limits.entryBytes, garbageLines: limits.garbageLines },
      limits,
    );
    this.#http = new LogHttpServer({ ...shared, tokens: this.#tokens() }, limits);
    parts.metrics.gaugeOf(
      'outrider_collect_unpublished_bytes',
      'Accepted events that are not on the bus yet, in bytes',
      () => this.publisher.unpublishedBytes,
    );
  }

  get addresses(): CollectAddresses {
    return this.#addresses;
  }

  /** Per gateway and transport: what came, when, how fast, what was refused. */
  status(): readonly SourceStatus[] {
    return this.#board.status(this.parts.clock.now());
  }

  /** Opens all ports, or none: throws CallerError when one cannot be had. */
  async listen(): Promise<void> {
    try {
      this.#addresses = await this.#openAll();
    } catch (error) {
      await this.stopListening();
      throw error;
    }
    this.parts.log.info({ host: this.#setup.host, ...this.#addresses }, 'collecting');
  }

  /** Accepts nothing new, takes what was already sent, closes. */
  async stopListening(): Promise<void> {
    for (const listener of this.#listeners) listener.stopAccepting();
    await Promise.all([this.#http.stop(), this.#pool.drain()]);
    this.#listeners = [];
  }

  /** Brings what was accepted to the bus. */
  async flush(): Promise<void> {
    await Promise.all([this.publisher.stop(), this.deadLetters.stop()]);
  }

  async #openAll(): Promise<CollectAddresses> {
    const { host, tcpPort, tlsPort, httpPort, gateways } = this.#setup;
    const own: Record<string, number> = {};
    const tcp = tcpPort === undefined ? undefined : await this.#listenPlain(this.#setup.default, host, tcpPort);
    for (const gateway of gateways)
      if (gateway.tcpPort !== undefined) own[keyOf(gateway)] = await this.#listenPlain(gateway, host, gateway.tcpPort);
    const tls = tlsPort === undefined ? undefined : await this.#listenTls(host, tlsPort);
    const http = httpPort === undefined ? undefined : await this.#http.listen(host, httpPort);
    return {
      ...(tcp === undefined ? {} : { tcp }),
      ...(tls === undefined ? {} : { tls }),
      ...(http === undefined ? {} : { http }),
      gateways: own,
    };
  }

  #tokens(): IngestTokens {
    const tokens = new IngestTokens();
    for (const gateway of this.#setup.gateways)
      if (gateway.ingestToken !== undefined) tokens.add(gateway.ingestToken, this.#contextOf(gateway));
    return tokens;
  }

  #listenPlain(gateway: GatewaySettings, host: string, port: number): Promise<number> {
    const listener = plainListener(this.#listenerParts(), this.#contextOf(gateway));
    this.#listeners.push(listener);
    return listener.listen(host, port);
  }

  #listenTls(host: string, port: number): Promise<number> {
    const { tls, gateways, limits } = this.#setup;
    if (!tls) throw new Error('setUpOf asks for TLS material');
    const identities = new TlsGateways(gateways, this.#setup.default, tls.requireClientCertificate ?? false);
    const listener = tlsListener(
      this.#listenerParts(),
      { ...tls, handshakeMs: limits.tlsHandshakeMs },
      identities,
      (gateway) => this.#contextOf(gateway),
    );
    this.#listeners.push(listener);
    return listener.listen(host, port);
  }

  #listenerParts() {
    return { pool: this.#pool, metrics: this.#metrics, maxConnections: this.#setup.limits.connections };
  }

  #contextOf(gateway: { readonly tenant: string; readonly id: string }): GatewayContext {
    const context = this.#contexts.get(gatewayKey(gateway.tenant, gateway.id));
    if (!context) throw new Error('every gateway has a context');
    return context;
  }
}

const keyOf = (gateway: { readonly tenant: string; readonly id: string }): string =>
  gatewayKey(gateway.tenant, gateway.id);
