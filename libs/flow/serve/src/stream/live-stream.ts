import type { ServerResponse } from 'node:http';
import { Change } from '@outrider/contracts/topics/change';
import type { StreamQuery } from '@outrider/contracts/http/stream';
import { atLeast, type Alert } from '@outrider/domain/detection/alert';
import type { Enforcement } from '@outrider/domain/response/enforcement';
import { CallerError, PermanentError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { EnforcementStore } from '@outrider/ports/response-store';
import { enforcementView } from '../enforcements/enforcement-view.ts';
import { ChangeRing, type Numbered } from './change-ring.ts';

export interface StreamLimits {
  readonly clients: number;
  readonly clientsATenant: number;
  /** Bytes that may wait for a slow client before it is disconnected. */
  readonly bufferedBytes: number;
  /** Changes kept for clients that come back. */
  readonly remembered: number;
  readonly heartbeatMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  clients: 500,
  clientsATenant: 200,
  bufferedBytes: 1_048_576,
  remembered: 1_000,
  heartbeatMs: 15_000,
};

type Row =
  { readonly event: 'alert'; readonly data: Alert } | { readonly event: 'enforcement'; readonly data: Enforcement };

interface Client {
  readonly tenant: string;
  readonly query: StreamQuery;
  readonly response: ServerResponse;
  /** Rejects once the token is not valid any more. */
  readonly stillAllowed: () => Promise<unknown>;
}

/** Alerts and enforcements as they change, to everybody who listens: each row once a change, read once for all clients of its tenant. */
export class LiveStream {
  readonly #clients = new Set<Client>();
  readonly #ring: ChangeRing;
  #heartbeat: NodeJS.Timeout | undefined;
  readonly #closed: (labels: { reason: string }) => void;
  readonly #unreadable: () => void;

  constructor(
    private readonly alerts: AlertStore,
    private readonly enforcements: EnforcementStore,
    private readonly log: Logger,
    metrics: Metrics,
    epoch: string,
    private readonly limits: StreamLimits = STREAM_LIMITS,
  ) {
    this.#ring = new ChangeRing(epoch, limits.remembered);
    this.#closed = metrics.counter('outrider_serve_stream_closed_total', 'Live streams that ended, by reason', [
      'reason',
    ]);
    this.#unreadable = metrics.counter(
      'outrider_serve_changes_unreadable_total',
      'Messages of the change topic that could not be read',
    );
    metrics.gaugeOf('outrider_serve_stream_clients', 'Live streams that are open', () => this.#clients.size);
  }

  start(): void {
    let beating = false;
    this.#heartbeat = setInterval(() => {
      // A store that hangs must not pile up heartbeats.
      if (beating) return;
      beating = true;
      void this.#beat().finally(() => (beating = false));
    }, this.limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    for (const client of this.#clients) this.#end(client, 'shutdown');
  }

  /** One message of the change topic. Throws PermanentError for what is no change; TransientError while a store is away. */
  async take(value: Buffer): Promise<void> {
    const change = changeOf(value);
    if (!change) {
      this.#unreadable();
      throw new PermanentError('not a change', 'unreadable');
    }
    if (change.kind === 'policy') return;
    await this.#send(
      this.#ring.add(change),
      [...this.#clients].filter((client) => client.tenant === change.tenant),
    );
  }

  /** Adds a client whose answer is `response`, after what it missed since `lastEventId`. Throws CallerError 429 when there are too many. */
  async add(client: Client, lastEventId: string | undefined): Promise<void> {
    const own = [...this.#clients].filter((other) => other.tenant === client.tenant).length;
    if (this.#clients.size >= this.limits.clients || own >= this.limits.clientsATenant)
      throw new CallerError('too many live streams are open', 'too-many-streams', 429);
    const { response } = client;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    response.on('error', () => this.#end(client, 'error'));
    response.on('close', () => this.#end(client, 'client'));
    const missed = lastEventId === undefined ? [] : this.#ring.since(lastEventId);
    this.#clients.add(client);
    this.#write(client, 'retry: 3000\n: connected\n\n');
    if (missed) await this.#resume(client, missed);
    else this.#write(client, frame(this.#ring.idOf(), 'resync', {}));
  }

  /** The answer has begun, so a failure here cannot become a problem: the client is told to read the lists again. */
  async #resume(client: Client, missed: readonly Numbered[]): Promise<void> {
    try {
      for (const numbered of missed) await this.#send(numbered, [client]);
    } catch (error) {
      this.log.warn({ err: error }, 'live stream: missed changes could not be read');
      this.#write(client, frame(this.#ring.idOf(), 'resync', {}));
    }
  }

  async #send({ seq, change }: Numbered, clients: readonly Client[]): Promise<void> {
    if (clients.length === 0) return;
    const row = await this.#row(change);
    if (!row) return;
    const text = frame(this.#ring.idOf(seq), row.event, row.data);
    for (const client of clients) if (wants(client.query, row)) this.#write(client, text);
  }

  async #row({ kind, tenant, id }: Change): Promise<Row | undefined> {
    if (kind === 'alert') {
      const data = await this.alerts.find(tenant, id);
      return data && { event: 'alert', data };
    }
    const record = await this.enforcements.find(tenant, id);
    return record && { event: 'enforcement', data: enforcementView(record) };
  }

  #write(client: Client, text: string): void {
    if (!this.#clients.has(client)) return;
    if (client.response.writableLength + text.length > this.limits.bufferedBytes) this.#end(client, 'slow');
    else client.response.write(text);
  }

  #end(client: Client, reason: 'slow' | 'client' | 'error' | 'shutdown' | 'token'): void {
    if (!this.#clients.delete(client)) return;
    this.#closed({ reason });
    if (reason === 'slow') client.response.destroy();
    else client.response.end();
  }

  async #beat(): Promise<void> {
    for (const client of this.#clients) {
      try {
        await client.stillAllowed();
        this.#write(client, ': beat\n\n');
      } catch (error) {
        // A store that is away proves nothing against the token.
        if (error instanceof CallerError && error.status === 401) this.#end(client, 'token');
        else this.log.debug({ err: error }, 'live stream: token not checked');
      }
    }
  }
}

const wants = ({ kinds, type, severity }: StreamQuery, row: Row): boolean => {
  if (kinds && !kinds.includes(row.event)) return false;
  if (row.event === 'enforcement') return true;
  return (!type || type.includes(row.data.type)) && (!severity || atLeast(row.data.severity, severity));
};

/** JSON has no raw newline, so one data line carries it. */
const frame = (id: string, event: string, data: unknown): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const changeOf = (value: Buffer): Change | undefined => {
  try {
    const parsed = Change.safeParse(JSON.parse(value.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};
