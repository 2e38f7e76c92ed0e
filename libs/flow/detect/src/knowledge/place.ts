import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import { hash32 } from '../duplicates/hash64.ts';
import type { TermList } from './term-list.ts';

/** A user agent as a term: browsers are one. */
export const agentTerm = (agent: UserAgent): string => (agent.kind === 'browser' ? 'browser' : agent.family);

/** Where a request came from and with what, as terms; 0: unknown. */
export interface Place {
  readonly ip: string;
  readonly userAgent: string;
  readonly fingerprint: string;
  readonly credential: string;
  readonly prefix: number;
  /** The /16, or the first two groups of an IPv6 address. */
  readonly region: number;
  readonly v6: boolean;
  readonly asn: number;
  readonly country: number;
  readonly network: number;
  readonly agent: number;
  readonly print: number;
  readonly key: number;
  /** Nothing of it is new to its caller; once so, always. */
  usual: boolean;
}

export const samePlace = (place: Place, event: ApiEvent): boolean =>
  place.ip === event.clientIp &&
  place.userAgent === event.userAgent &&
  place.fingerprint === event.clientFingerprint &&
  place.credential === event.credentialId;

export const placeOf = (event: ApiEvent, agent: UserAgent, prefix: string): Place => ({
  ip: event.clientIp,
  userAgent: event.userAgent,
  fingerprint: event.clientFingerprint,
  credential: event.credentialId,
  prefix: termOf(prefix),
  region: termOf(regionOf(event.clientIp)),
  v6: event.clientIp.includes(':'),
  asn: event.asn,
  country: termOf(event.country),
  network: termOf(event.network),
  agent: hash32(agentTerm(agent)) || 1,
  print: termOf(event.clientFingerprint),
  key: termOf(event.credentialId),
  usual: false,
});

/** A private address (RFC 1918, RFC 4193): a house's own, or that of its VPN. */
export const isInternal = (ip: string): boolean =>
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/.test(ip);

/** `192.0.` of 192.0.2.1, `2001:db8:` of 2001:db8:1::1: neighbours of one network, roughly. */
export const regionOf = (ip: string): string => {
  const separator = ip.includes(':') ? ':' : '.';
  return ip.slice(0, ip.indexOf(separator, ip.indexOf(separator) + 1) + 1);
};

/** Not in the list before `since`. What the list does not hold and may have forgotten is not new. */
export const wasNew = (terms: TermList, term: number, since: number): boolean => {
  if (term === 0) return false;
  const first = terms.firstAt(term);
  return first === undefined ? terms.forgotten === 0 : first >= since;
};

const termOf = (text: string): number => (text === '' ? 0 : hash32(text) || 1);
