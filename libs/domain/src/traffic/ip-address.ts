/** An address as its bytes in network order: 4 for IPv4, 16 for IPv6. An IPv4-mapped IPv6 address is its IPv4 address. */
export type IpBytes = readonly number[];

/** The addresses whose first `prefix` bits are those of `bytes`. */
export interface Cidr {
  readonly bytes: IpBytes;
  readonly prefix: number;
}

/** Strict: no leading zeros, no zone, no brackets, no port. Undefined for what is no address. */
export const parseIp = (text: string): IpBytes | undefined => {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) return parseV4(text);
  const bytes = parseV6(text);
  return bytes && isMapped(bytes) ? bytes.slice(12) : bytes;
};

/** The one text form we store and compare: dotted IPv4, RFC 5952 IPv6, `::ffff:1.2.3.4` as `1.2.3.4`; undefined for what is no address. */
export const canonicalIp = (text: string): string | undefined => {
  const bytes = parseIp(text);
  return bytes && formatIp(bytes);
};

export const formatIp = (bytes: IpBytes): string => (bytes.length === 4 ? bytes.join('.') : formatV6(bytes));

/** An address (then all its bits count) or `address/bits`; bits of the address beyond the prefix are ignored. */
export const parseCidr = (text: string): Cidr | undefined => {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bytes = parseIp(address);
  if (!bytes) return undefined;
  if (slash < 0) return { bytes, prefix: bytes.length * 8 };
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter prefix would mix both families and is refused.
  const prefix = Number(bits) - (bytes.length === 4 && address.includes(':') ? 96 : 0);
  return prefix < 0 || prefix > bytes.length * 8 ? undefined : { bytes, prefix };
};

/** Whether the address lies in the range. IPv4 and IPv6 are apart: `::/0` holds no IPv4 address. */
export const inCidr = (ip: IpBytes, cidr: Cidr): boolean =>
  ip.length === cidr.bytes.length && samePrefix(ip, cidr.bytes, cidr.prefix);

/** Whether two ranges share an address. */
export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.bytes.length === b.bytes.length && samePrefix(a.bytes, b.bytes, Math.min(a.prefix, b.prefix));

/** Whether the range touches a private, loopback, link-local, carrier-grade NAT, unique-local or unspecified one. */
export const isPrivate = (range: Cidr): boolean => PRIVATE.some((own) => overlaps(range, own));

const parseV4 = (text: string): IpBytes | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const byte = Number(part);
    if (byte > 255) return undefined;
    bytes.push(byte);
  }
  return bytes;
};

const parseV6 = (text: string): IpBytes | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  // "::" stands for at least one group of zeros
  return missing < 2 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
};

/** Bytes of `a:b:c`; the last group may be a dotted IPv4 address where the address ends there. */
const parseGroups = (text: string, mayEndInV4: boolean): number[] | undefined => {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const v4 = mayEndInV4 && i === groups.length - 1 ? parseV4(group) : undefined;
    if (!v4) return undefined;
    bytes.push(...v4);
  }
  return bytes;
};

const isMapped = (bytes: IpBytes): boolean =>
  bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;

const formatV6 = (bytes: IpBytes): string => {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
};

/** The first of the longest runs of zero groups. */
const longestZeroRun = (groups: readonly number[]): { start: number; length: number } => {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
};

const samePrefix = (a: IpBytes, b: IpBytes, prefix: number): boolean => {
  const whole = prefix >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = prefix & 7;
  return rest === 0 || (a[whole] ?? 0) >> (8 - rest) === (b[whole] ?? 0) >> (8 - rest);
};

const PRIVATE: readonly Cidr[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/127', // unspecified and loopback
  'fc00::/7',
  'fe80::/10',
  'fec0::/10', // site-local, deprecated but in use
].map((text) => {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`not a range: ${text}`);
  return cidr;
});

/** The network that an address is in as far as it can be told from it: `192.0.2.0/24`, `2001:db8:1::/48`; '' for what is no address. */
export const prefixOf = (ip: string): string => {
  const dot = ip.lastIndexOf('.');
  if (dot > 0 && !ip.includes(':')) return `${ip.slice(0, dot)}.0/24`;
  const bytes = parseIp(ip);
  return bytes?.length === 16 ? `${formatIp(bytes.map((byte, i) => (i < 6 ? byte : 0)))}/48` : '';
};
