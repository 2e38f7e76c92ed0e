import type { NetworkKind } from '@outrider/domain/traffic/api-event';

/** What the configured databases and lists say of one address; '' and 0 where they say nothing. */
export interface Facts {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** Number of the autonomous system; 0 unknown. */
  readonly asn: number;
  /** Name of the autonomous system's organisation. */
  readonly organization: string;
  readonly network: NetworkKind;
  /** `lat,lon,radiusKm`, e.g. `52.37,4.9,20`; radius 0 where the source gives none. */
  readonly location: string;
  /** Name of the first threat list that names the address and has not expired. */
  readonly threat: string;
}

export type AddressSourceKind = 'mmdb' | 'csv' | 'threat-list';

/** One configured file, folder or address, as the health page shows it. */
export interface AddressSourceStatus {
  /** Base name of the file, or the name given to the list; never a path or an address with a secret in it. */
  readonly name: string;
  readonly kind: AddressSourceKind;
  /** False when nothing of it is in use: never read, or too old to count. */
  readonly inUse: boolean;
  /** Ranges (lists, CSV) or nodes of the tree (MMDB) in use. */
  readonly entries: number;
  /** Lines that were neither a comment nor an entry, or beyond the bounds. */
  readonly refused: number;
  /** When its content was read into use; undefined when never. */
  readonly loadedAt: Date | undefined;
  /** When its content was made: build time (MMDB), last successful fetch (address) or the file's own time. */
  readonly contentAt: Date | undefined;
  /** Slug and a short text of the latest failure; undefined once it succeeds again. */
  readonly error: string | undefined;
}

export interface AddressFactsStatus {
  readonly sources: readonly AddressSourceStatus[];
  /** Addresses whose facts are kept ready. */
  readonly cached: number;
}

/**
 * Facts about client addresses from databases and lists that the user configured.
 * Guarantees: `lookup` is synchronous, never throws and never reaches out; text that is no address, and private, loopback and multicast
 * addresses, give `NO_FACTS`; facts are frozen and may be kept by reference. Addresses asked for lately cost one map look-up. Sources are
 * reloaded behind its back; a broken new file keeps the old one in use.
 */
export abstract class AddressFacts {
  abstract lookup(ip: string): Facts;

  abstract status(): AddressFactsStatus;
}

export const NO_FACTS: Facts = Object.freeze({
  country: '',
  asn: 0,
  organization: '',
  network: '',
  location: '',
  threat: '',
});

/** Nothing is configured: every address is unknown. */
export class NoAddressFacts extends AddressFacts {
  lookup(): Facts {
    return NO_FACTS;
  }

  status(): AddressFactsStatus {
    return { sources: [], cached: 0 };
  }
}

/** For processes and tests without any source. */
export const UNKNOWN_ADDRESS: AddressFacts = new NoAddressFacts();
