import { isPrivate, parseCidr, parseIp, type IpBytes } from '@outrider/domain/traffic/ip-address';

/** An address or the start of a range: one unsigned 32-bit word for IPv4, four for IPv6; `prefix` bits of it count. */
export interface AddressRange {
  readonly words: readonly number[];
  readonly prefix: number;
}

const DOT = 46;
const SLASH = 47;
const ZERO = 48;

/**
 * An address or CIDR out of a list; undefined for anything else. Lists have millions of plain IPv4 lines, hence the short way for them.
 * `0.0.0.0/0` and `::/0` are refused: a list of everything is a mistake that would cost everybody.
 */
export const parseRange = (text: string): AddressRange | undefined => {
  const short = shortV4(text);
  if (short) return short.prefix === 0 ? undefined : short;
  const cidr = text.includes(':') ? parseCidr(text) : undefined;
  return cidr && cidr.prefix > 0 ? { words: wordsOf(cidr.bytes), prefix: cidr.prefix } : undefined;
};

/** The words of a public unicast address; undefined for text that is none, and for private, loopback, link-local and multicast ones. */
export const publicAddress = (text: string): readonly number[] | undefined => {
  const v4 = text.includes('/') ? undefined : shortV4(text)?.words;
  const bytes = v4 ? bytesOf(v4[0] ?? 0) : parseIp(text);
  if (!bytes || isPrivate({ bytes, prefix: bytes.length * 8 })) return undefined;
  const first = bytes[0] ?? 0;
  return first >= (bytes.length === 4 ? 224 : 255) ? undefined : (v4 ?? wordsOf(bytes));
};

const bytesOf = (word: number): IpBytes => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];

const wordsOf = (bytes: IpBytes): readonly number[] => {
  const words: number[] = [];
  for (let i = 0; i < bytes.length; i += 4)
    words.push(
      (((bytes[i] ?? 0) << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0)) >>> 0,
    );
  return words;
};

/** `a.b.c.d` or `a.b.c.d/n`, as strict as the domain's parser: no leading zeros, no spaces. */
const shortV4 = (text: string): AddressRange | undefined => {
  if (text.length > 18) return undefined;
  const parts = [0, 0, 0, 0, 32];
  let part = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT || code === SLASH) {
      if (digits === 0 || (code === SLASH) !== (part === 3)) return undefined;
      part++;
      if (part > 4) return undefined;
      parts[part] = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    const value = parts[part] ?? 0;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
    parts[part] = value * 10 + digit;
    if ((parts[part] ?? 0) > (part === 4 ? 32 : 255)) return undefined;
    digits++;
  }
  if (digits === 0 || part < 3) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 32] = parts;
  return { words: [((a << 24) | (b << 16) | (c << 8) | d) >>> 0], prefix };
};
