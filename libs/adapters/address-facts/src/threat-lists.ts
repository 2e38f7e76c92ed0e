import type { AddressSourceStatus } from '@outrider/ports/address-facts';
import { PermanentError } from '@outrider/platform/errors';
import { MAX_ENTRIES, MAX_LIST_BYTES } from './bounds.ts';
import { FetchedAddress, type FetchSettings } from './fetched-address.ts';
import { filesOfFolder } from './list-folders.ts';
import { isAddress, nameOfAddress, nameOfFile, placeOf, type Place } from './list-name.ts';
import { readThreatList, type ThreatHit, type ThreatList } from './threat-list.ts';
import { WatchedFile } from './watched-file.ts';
import { WatchedSource, type Refreshed } from './watched-source.ts';

type ListSource = WatchedSource<ThreatList>;

export interface ThreatListsOptions {
  /** Files, folders and addresses, each optionally as `name=…`. */
  readonly places: readonly string[];
  /** Undefined: addresses are never fetched. */
  readonly fetch: FetchSettings | undefined;
  readonly entriesEnd: boolean;
  readonly onError: (source: ListSource, error: unknown, code: string) => void;
  readonly onRefreshed: (source: ListSource, outcome: Refreshed) => void;
}

export interface ThreatVerdict {
  /** The first list in the order of the setting. */
  readonly name: string;
  /** One of the lists is of Tor's exits. */
  readonly tor: boolean;
  /** ms since epoch until which this is true. */
  readonly endsAt: number;
}

/** All threat lists; folders are looked at anew with each refresh. */
export class ThreatLists {
  readonly #places: readonly Place[];
  readonly #sources = new Map<string, ListSource>();
  #ordered: readonly ListSource[] = [];
  readonly #folders = new Map<string, readonly string[]>();

  constructor(private readonly options: ThreatListsOptions) {
    this.#places = options.places.map(placeOf);
  }

  /** True when what is listed may have changed. */
  async refresh(now: number, mayFetch: boolean): Promise<boolean> {
    const targets = await this.#targets();
    let changed = false;
    for (const target of this.#sources.keys()) if (!targets.has(target)) changed = this.#sources.delete(target);
    this.#ordered = [...targets].map(([target, name]) => this.#source(target, name));
    for (const source of this.#ordered) {
      const outcome = await source.refresh(now, mayFetch);
      this.options.onRefreshed(source, outcome);
      changed ||= outcome === 'loaded';
    }
    return changed;
  }

  find(words: readonly number[], now: number): ThreatVerdict | undefined {
    let first: ThreatHit | undefined;
    let tor = false;
    let endsAt = Infinity;
    for (const source of this.#ordered) {
      const hit = source.content(now)?.find(words, now);
      if (!hit) continue;
      first ??= hit;
      tor ||= /^tor/i.test(hit.name);
      endsAt = Math.min(endsAt, hit.endsAt, source.staleAt());
    }
    return first && { name: first.name, tor, endsAt };
  }

  status(now: number): AddressSourceStatus[] {
    return this.#ordered.map((source) => source.status(now));
  }

  /** Path or address → name of the list, in the order of the setting. */
  async #targets(): Promise<Map<string, string>> {
    const targets = new Map<string, string>();
    for (const { name, target } of this.#places) {
      if (isAddress(target)) {
        targets.set(target, name || nameOfAddress(target));
        continue;
      }
      // A folder that is away for a moment (a mount, a rename) does not empty the lists.
      const files = (await filesOfFolder(target)) ?? this.#folders.get(target);
      if (files) this.#folders.set(target, files);
      if (files) for (const file of files) targets.set(file, name || nameOfFile(file));
      else targets.set(target, name || nameOfFile(target));
    }
    return targets;
  }

  #source(target: string, name: string): ListSource {
    const known = this.#sources.get(target);
    if (known) return known;
    const { fetch } = this.options;
    const feed =
      isAddress(target) && fetch ? new FetchedAddress(target, name, fetch) : new WatchedFile(target, MAX_LIST_BYTES);
    const source: ListSource = new WatchedSource({
      name,
      kind: 'threat-list',
      feed,
      read: (bytes) => this.#read(bytes, name, source),
      onError: (error, code) => this.options.onError(source, error, code),
    });
    this.#sources.set(target, source);
    return source;
  }

  async #read(bytes: Buffer, name: string, own: ListSource): Promise<ThreatList> {
    const others = [...this.#sources.values()].reduce((sum, source) => sum + (source === own ? 0 : source.entries), 0);
    const maxEntries = Math.max(0, MAX_ENTRIES - others);
    const list = await readThreatList(bytes, { name, maxEntries, entriesEnd: this.options.entriesEnd });
    // An error page of a server, a picture: an empty list is one thing, no list another.
    if (list.entries === 0 && list.refused > 0) throw new PermanentError('no line of it is an entry', 'no-entries');
    return list;
  }
}
