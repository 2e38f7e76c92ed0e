import type { RefusalReason, Transport } from './entry/outcome.ts';
import type { CollectMetrics } from './publish/collect-metrics.ts';

/** One source of entries as an operator sees it. */
export interface SourceStatus {
  readonly tenant: string;
  readonly gateway: string;
  readonly transport: Transport;
  /** ms since epoch; 0 = never. */
  readonly lastSeenAt: number;
  /** Event time of the newest entry; ms since epoch; 0 = none. */
  readonly lastEventAt: number;
  readonly entries: number;
  readonly bytes: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Entries a second over the last minute. */
  readonly perSecond: number;
  readonly openConnections: number;
}

const SECONDS = 60;

/** What one gateway sent over one transport. Told once a packet or request, not once an entry. */
export class Source {
  lastSeenAt = 0;
  lastEventAt = 0;
  entries = 0;
  bytes = 0;
  openConnections = 0;
  readonly refused: Partial<Record<RefusalReason, number>> = {};
  readonly #perSecond = new Array<number>(SECONDS).fill(0);
  #second = 0;

  constructor(
    readonly tenant: string,
    readonly gateway: string,
    readonly transport: Transport,
    private readonly metrics: CollectMetrics,
  ) {}

  read(entries: number, bytes: number, newestEventAt: number, now: number): void {
    this.bytes += bytes;
    if (bytes > 0) this.metrics.bytes({ gateway: this.gateway, transport: this.transport }, bytes);
    if (entries === 0) return;
    this.entries += entries;
    this.lastSeenAt = now;
    if (newestEventAt > this.lastEventAt) this.lastEventAt = newestEventAt;
    this.#advance(now);
    const slot = this.#second % SECONDS;
    this.#perSecond[slot] = (this.#perSecond[slot] ?? 0) + entries;
    this.metrics.entries({ gateway: this.gateway, transport: this.transport }, entries);
  }

  refuse(reason: RefusalReason): void {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1;
    this.metrics.refused({ gateway: this.gateway, reason });
  }

  connected(by: 1 | -1): void {
    this.openConnections += by;
    this.metrics.connections({ gateway: this.gateway, transport: this.transport }, this.openConnections);
  }

  status(now: number): SourceStatus {
    this.#advance(now);
    const { tenant, gateway, transport, lastSeenAt, lastEventAt, entries, bytes, openConnections } = this;
    const lastMinute = this.#perSecond.reduce((sum, count) => sum + count, 0);
    return {
      tenant,
      gateway,
      transport,
      lastSeenAt,
      lastEventAt,
      entries,
      bytes,
      refused: { ...this.refused },
      perSecond: lastMinute / SECONDS,
      openConnections,
    };
  }

  #advance(now: number): void {
    const second = Math.floor(now / 1_000);
    if (second <= this.#second) return;
    for (let s = Math.max(this.#second + 1, second - SECONDS + 1); s <= second; s++) this.#perSecond[s % SECONDS] = 0;
    this.#second = second;
  }
}

/** All sources, for the health page of the same process. */
export class SourceBoard {
  readonly #sources = new Map<string, Source>();

  constructor(private readonly metrics: CollectMetrics) {}

  source(tenant: string, gateway: string, transport: Transport): Source {
    const key = `${tenant}/${gateway}/${transport}`;
    let source = this.#sources.get(key);
    if (!source) this.#sources.set(key, (source = new Source(tenant, gateway, transport, this.metrics)));
    return source;
  }

  status(now: number): readonly SourceStatus[] {
    return [...this.#sources.values()].map((source) => source.status(now));
  }
}
