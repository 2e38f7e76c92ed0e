import type { NetworkKind } from '@outrider/domain/traffic/api-event';
import { extname } from 'node:path';
import { canonicalIp } from '@outrider/domain/traffic/ip-address';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import { AddressFacts, NO_FACTS, type AddressFactsStatus, type Facts } from '@outrider/ports/address-facts';
import type { Clock } from '@outrider/ports/clock';
import type { OutboundDownloads } from '@outrider/ports/outbound-http';
import { publicAddress } from './address-words.ts';
import { MAX_DATABASE_BYTES, MAX_LIST_BYTES } from './bounds.ts';
import { FactsCache } from './facts-cache.ts';
import { readFactsCsv } from './facts-csv.ts';
import { readMmdb } from './facts-mmdb.ts';
import type { FactsRecord } from './facts-record.ts';
import type { FactsSource } from './facts-source.ts';
import { nameOfFile, placeOf } from './list-name.ts';
import { guessNetwork } from './network-guess.ts';
import { ThreatLists, type ThreatVerdict } from './threat-lists.ts';
import { WatchedFile } from './watched-file.ts';
import { WatchedSource, type Content, type Refreshed } from './watched-source.ts';

const MAX_ADDRESS_CHARS = 45;

export interface AddressFactsOptions {
  /** Paths of MMDB files, or of CSV files by their ending (`.csv`, `.csv.gz`); the first that knows a field wins. */
  readonly geoipFiles: readonly string[];
  /** Files, folders, addresses; each optionally as `name=…`. */
  readonly threatLists: readonly string[];
  readonly threatListMaxAgeMs: number;
  readonly threatListRefreshMs: number;
  /** Addresses of lists on private networks are allowed. */
  readonly allowPrivateAddresses: boolean;
  /** Folder of the copies of fetched lists; undefined: none is kept. */
  readonly keepIn?: string | undefined;
  /** False: entries of lists never end (old logs are held against the list as it was). Default true. */
  readonly entriesEnd?: boolean;
  /** Default 30 s. */
  readonly pollMs?: number;
  /** Addresses whose facts are kept ready, about 250 bytes each. Default 65,536. */
  readonly cacheEntries?: number;
}

export interface AddressFactsParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Needed where a threat list is an address. */
  readonly downloads?: OutboundDownloads | undefined;
}

/** Facts from the files and lists of the user, each looked at every `pollMs` and read again when it changed. */
export class FileAddressFacts extends AddressFacts {
  readonly #databases: readonly WatchedSource<FactsSource>[];
  readonly #lists: ThreatLists;
  readonly #cache: FactsCache;
  readonly #pollMs: number;
  readonly #count: ReturnType<Metrics['counter']>;
  #refreshing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(
    options: AddressFactsOptions,
    private readonly parts: AddressFactsParts,
  ) {
    super();
    this.#cache = new FactsCache(options.cacheEntries ?? 65_536);
    this.#pollMs = options.pollMs ?? 30_000;
    this.#count = parts.metrics.counter(
      'outrider_address_source_refreshes_total',
      'Looks at the files and lists that addresses are held against, by what came of them',
      ['kind', 'outcome'],
    );
    this.#databases = options.geoipFiles.map((text) => this.#database(text));
    const { downloads } = parts;
    this.#lists = new ThreatLists({
      places: options.threatLists,
      entriesEnd: options.entriesEnd ?? true,
      fetch: downloads && {
        downloads,
        allowPrivateAddress: options.allowPrivateAddresses,
        refreshMs: options.threatListRefreshMs,
        maxAgeMs: options.threatListMaxAgeMs,
        keepIn: options.keepIn,
        onNotKept: (err) => parts.log.warn({ err }, 'a fetched threat list could not be kept on disk'),
      },
      onError: (source, error, code) => this.#failed(source, error, code),
      onRefreshed: (source, outcome) => this.#refreshed(source, outcome),
    });
    parts.metrics.gaugeOf('outrider_address_entries', 'Ranges and nodes in use of all address sources', () =>
      this.status().sources.reduce((sum, source) => sum + source.entries, 0),
    );
    parts.metrics.gaugeOf(
      'outrider_address_sources_failing',
      'Address sources whose latest content is not in use',
      () => this.status().sources.filter((source) => source.error !== undefined).length,
    );
  }

  /** Resolves once everything that is on this machine was read; what failed is told and shown by `status`. */
  static async open(options: AddressFactsOptions, parts: AddressFactsParts): Promise<FileAddressFacts> {
    const facts = new FileAddressFacts(options, parts);
    await facts.#refresh(false);
    return facts;
  }

  /** Begins to look for changes, and to fetch. */
  start(): void {
    if (this.#stopped) return;
    void this.refresh().finally(() => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => this.start(), this.#pollMs);
      this.#timer.unref();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#refreshing;
  }

  /** One look at every source, fetches included; never rejects. */
  refresh(): Promise<void> {
    return this.#refresh(true);
  }

  lookup(ip: string): Facts {
    const kept = this.#cache.get(ip);
    if (kept !== undefined && (kept.endsAt === Infinity || this.parts.clock.now() < kept.endsAt)) return kept.facts;
    return this.#look(ip);
  }

  status(): AddressFactsStatus {
    const now = this.parts.clock.now();
    return {
      sources: [...this.#databases.map((source) => source.status(now)), ...this.#lists.status(now)],
      cached: this.#cache.size,
    };
  }

  #look(ip: string): Facts {
    if (ip.length > MAX_ADDRESS_CHARS) return NO_FACTS;
    const words = publicAddress(ip);
    const now = this.parts.clock.now();
    const threat = words && this.#lists.find(words, now);
    const facts = words ? factsOf(this.#recordOf(ip, words, now), threat) : NO_FACTS;
    this.#cache.set(ip, { facts, endsAt: threat?.endsAt ?? Infinity });
    return facts;
  }

  /** Field by field: the first database that knows it. */
  #recordOf(ip: string, words: readonly number[], now: number): FactsRecord {
    const text = ip.includes(':') ? (canonicalIp(ip) ?? ip) : ip; // only IPv6 has several forms
    let merged: FactsRecord | undefined;
    for (const source of this.#databases) {
      try {
        const record = source.content(now)?.find(text, words);
        if (record) merged = merged ? mergedRecord(merged, record) : record;
      } catch (error) {
        source.damaged(error);
      }
    }
    return merged ?? {};
  }

  /** One after the other: a timer and a caller may ask at once. */
  #refresh(mayFetch: boolean): Promise<void> {
    this.#refreshing = this.#refreshing
      .then(() => this.#refreshAll(mayFetch))
      .catch((err: unknown) => this.parts.log.error({ err }, 'address sources could not be looked at'));
    return this.#refreshing;
  }

  async #refreshAll(mayFetch: boolean): Promise<void> {
    const now = this.parts.clock.now();
    let changed = false;
    for (const source of this.#databases) {
      const outcome = await source.refresh(now, mayFetch);
      this.#refreshed(source, outcome);
      changed ||= outcome === 'loaded';
    }
    if (await this.#lists.refresh(now, mayFetch)) changed = true;
    if (changed) this.#cache.clear();
  }

  #database(text: string): WatchedSource<FactsSource> {
    const { name, target } = placeOf(text);
    const csv = extname(target.replace(/\.gz$/i, '')).toLowerCase() === '.csv';
    const source: WatchedSource<FactsSource> = new WatchedSource<FactsSource>({
      name: name || nameOfFile(target),
      kind: csv ? 'csv' : 'mmdb',
      feed: new WatchedFile(target, csv ? MAX_LIST_BYTES : MAX_DATABASE_BYTES),
      read: csv ? readFactsCsv : readMmdb,
      onError: (error, code) => this.#failed(source, error, code),
    });
    return source;
  }

  #failed(source: WatchedSource<Content>, err: unknown, code: string): void {
    this.parts.log.warn({ err, source: source.name, kind: source.kind, code }, 'an address source could not be read');
  }

  #refreshed(source: WatchedSource<Content>, outcome: Refreshed): void {
    this.#count({ kind: source.kind, outcome });
    if (outcome === 'loaded') {
      const { entries, refused } = source.status(this.parts.clock.now());
      this.parts.log.info({ source: source.name, kind: source.kind, entries, refused }, 'address source in use');
    } else if (outcome === 'too-old')
      this.parts.log.warn({ source: source.name }, 'a threat list is too old and no longer counts');
  }
}

/** What hides an address says more than what its network is for, whichever database says it. */
const HIDING: ReadonlySet<NetworkKind> = new Set(['tor', 'vpn', 'relay', 'proxy']);

const mergedRecord = (first: FactsRecord, second: FactsRecord): FactsRecord => {
  const hiding = [first.network, second.network].find((network) => network !== undefined && HIDING.has(network));
  return { ...second, ...first, ...(hiding === undefined ? {} : { network: hiding }) };
};

const factsOf = (record: FactsRecord, threat: ThreatVerdict | undefined): Facts => {
  const { country = '', asn = 0, organization = '', location = '' } = record;
  // What a source says comes first, then the list of Tor's exits, then the guess.
  const network: NetworkKind = record.network ?? (threat?.tor ? 'tor' : guessNetwork(asn, organization));
  const name = threat?.name ?? '';
  if (country === '' && asn === 0 && organization === '' && location === '' && network === '' && name === '')
    return NO_FACTS;
  return Object.freeze({ country, asn, organization, network, location, threat: name });
};
