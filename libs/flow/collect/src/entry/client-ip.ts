import { canonicalIp, inCidr, parseCidr, parseIp, type Cidr } from '@outrider/domain/traffic/ip-address';
import { CallerError } from '@outrider/platform/errors';
import { BoundedCache } from './bounded-cache.ts';

const MAX_TEXT = 64;
const CACHED = 16_384;

/** The canonical form of an address as headers and Kong write it: a port, brackets and a zone are cut off. `''` when it is no address. */
export const loggedIp = (text: string): string => {
  if (text === '' || text.length > MAX_TEXT) return '';
  let bare = text.trim();
  if (bare.startsWith('[')) bare = bare.slice(1, bare.includes(']') ? bare.indexOf(']') : undefined);
  else if (bare.includes(':') && bare.indexOf(':') === bare.lastIndexOf(':')) bare = bare.slice(0, bare.indexOf(':'));
  const zone = bare.indexOf('%');
  return canonicalIp(zone === -1 ? bare : bare.slice(0, zone)) ?? '';
};

/** The proxies in front of a gateway whose X-Forwarded-For is believed. */
export class TrustedProxies {
  readonly #ranges: readonly Cidr[];
  readonly #known = new BoundedCache<boolean>(CACHED);

  /** Addresses or CIDRs; throws CallerError for anything else. */
  constructor(entries: readonly string[]) {
    this.#ranges = entries.map((entry) => {
      const range = parseCidr(entry);
      if (!range) throw new CallerError('a trusted proxy is neither an address nor a CIDR', 'invalid-configuration');
      return range;
    });
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** `address` in canonical form. */
  has(address: string): boolean {
    if (this.isEmpty || address === '') return false;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const bytes = parseIp(address);
    const trusted = bytes !== undefined && this.#ranges.some((range) => inCidr(bytes, range));
    this.#known.set(address, trusted);
    return trusted;
  }
}

const MAX_HOPS = 64;
const MAX_HEADER = 8_192;

/**
 * The client behind trusted proxies: from the right, the first address of X-Forwarded-For that is not itself a trusted proxy.
 * Only asked when the peer is trusted. An unreadable hop ends the walk: what stands left of it proves nothing.
 */
export const clientBehindProxies = (peer: string, forwardedFor: string, trusted: TrustedProxies): string => {
  const hops = forwardedFor.slice(-MAX_HEADER).split(',');
  let client = peer;
  for (let i = hops.length - 1; i >= 0 && i >= hops.length - MAX_HOPS; i--) {
    const hop = loggedIp((hops[i] ?? '').trim());
    if (hop === '') return client;
    client = hop;
    if (!trusted.has(hop)) return client;
  }
  return client;
};
