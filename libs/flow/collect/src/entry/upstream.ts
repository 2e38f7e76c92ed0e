import { parseIp } from '@outrider/domain/traffic/ip-address';
import { BoundedCache } from './bounded-cache.ts';
import { isObject, numberOf, textOf, type RawObject } from './raw-value.ts';
import type { CredentialNames } from './secret-names.ts';
import { redactText } from './secret-text.ts';

const CACHED = 8_192;
const MAX_HOST = 240;
const MAX_READ = 512;
const MAX_ADDRESS = 64;
const MAX_PORT = 65_535;

/**
 * `host:port` behind a service, lower case, without user and password; '' when the entry names no host. A service may name a Kong
 * upstream, whose targets have ports (and addresses) of their own: where the balancer went to another port, that port counts, and where it
 * went to this machine or to a link-local address, so does the address. Other addresses change with every pod and are not told.
 */
export class Upstreams {
  readonly #made = new BoundedCache<string>(CACHED);

  constructor(private readonly names: CredentialNames) {}

  of(service: RawObject, tries: unknown): string {
    const host = textOf(service['host'], MAX_READ);
    if (host === '') return '';
    const last: unknown = Array.isArray(tries) ? tries[tries.length - 1] : undefined;
    const went = isObject(last) ? last : undefined;
    const own = portOf(service['port']);
    // an address is no Kong upstream and has no other targets
    const port = (own !== 0 && isLiteral(host) ? own : went && portOf(went['port'])) || own;
    const address = went === undefined ? '' : textOf(went['ip'], MAX_ADDRESS);
    const name = isNear(address) && host !== 'localhost' ? address : host;
    const key = `${port}/${name}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#make(name, port);
    this.#made.set(key, made);
    return made;
  }

  #make(raw: string, port: number): string {
    const text = raw.slice(raw.lastIndexOf('@') + 1);
    const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
    const isIp = parseIp(bare) !== undefined;
    const host = (isIp ? bare : redactText(text, this.names)).toLowerCase().slice(0, MAX_HOST);
    const named = isIp && bare.includes(':') ? `[${host}]` : host;
    return port === 0 ? named : `${named}:${port}`;
  }
}

const isLiteral = (host: string): boolean => host === 'localhost' || parseIp(host) !== undefined;

/** Loopback or link-local: what a name or a Kong upstream can hide. */
const isNear = (address: string): boolean =>
  address.startsWith('127.') ||
  address.startsWith('169.254.') ||
  address === '::1' ||
  address === '[::1]' ||
  address.startsWith('fe80:') ||
  address.startsWith('[fe80:');

/** 0: none. */
const portOf = (value: unknown): number => {
  const port = typeof value === 'number' ? value : (numberOf(value) ?? 0);
  return port >= 1 && port <= MAX_PORT ? Math.floor(port) : 0;
};
