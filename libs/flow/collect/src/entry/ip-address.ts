import { BlockList, isIP, isIPv4 } from 'node:net';
import { CallerError } from '@outrider/platform/errors';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAX_TEXT = 64;

/**
 * One text form for an address: IPv4 dotted, IPv6 compressed in lower case, IPv4-mapped as IPv4; without port, brackets and zone.
 * `''` when it is no address.
 */
export const canonicalIp = (text: string): string => {
  if (text === '' || text.length > MAX_TEXT) return '';
  if (isIPv4(text)) return text;
  let bare = text.trim();
  if (bare.startsWith('[')) bare = bare.slice(1, bare.includes(']') ? bare.indexOf(']') : undefined);
  else if (bare.indexOf(':') !== -1 && bare.indexOf(':') === bare.lastIndexOf(':')) bare = bare.slice(0, bare.indexOf(':'));
  const zone = bare.indexOf('%');
  if (zone !== -1) bare = bare.slice(0, zone);
  const family = isIP(bare);
  if (family === 4) return bare;
  if (family === 0) return '';
  const mapped = MAPPED.exec(bare);
  if (mapped?.[1] !== undefined) return mapped[1];
  const compressed = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  return unmapped(compressed);
};

/** `::ffff:7f00:1` → `127.0.0.1`. */
const unmapped = (address: string): string => {
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (hex?.[1] === undefined || hex[2] === undefined) return address;
  const high = Number.parseInt(hex[1], 16);
  const low = Number.parseInt(hex[2], 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
};

/** The proxies in front of a gateway whose X-Forwarded-For is believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  /** Addresses or CIDRs; throws CallerError for anything else. */
  constructor(entries: readonly string[]) {
    this.#any = entries.length > 0;
    for (const entry of entries) this.#add(entry);
  }

  get isEmpty(): boolean {
    return !this.#any;
  }

  /** `address` in canonical form. */
  has(address: string): boolean {
    return this.#any && address !== '' && this.#list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }

  #add(entry: string): void {
    const slash = entry.indexOf('/');
    const address = canonicalIp(slash === -1 ? entry : entry.slice(0, slash));
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const bits = slash === -1 ? undefined : Number(entry.slice(slash + 1));
    const max = family === 'ipv4' ? 32 : 128;
    if (address === '' || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= max)))
      throw new CallerError('a trusted proxy is neither an address nor a CIDR', 'invalid-configuration');
    if (bits === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, bits, family);
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
    const hop = canonicalIp((hops[i] ?? '').trim());
    if (hop === '') return client;
    client = hop;
    if (!trusted.has(hop)) return client;
  }
  return client;
};
