import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { UNKNOWN_ADDRESS, type AddressFacts } from '@outrider/ports/address-facts';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { RawObject } from '../entry/raw-value.ts';
import { attackSignals, attackSignalsOfUri, withHeaders } from './attack-signals.ts';
import { dataClassSignals } from './data-class-signals.ts';
import { claimedAddress, methodOverrideOf, rateStateOf, suspectsIn } from './header-signals.ts';
import type { RawMatcher } from './raw-matcher.ts';

/** What the reader asks beyond the entry itself; both may be absent. */
export interface SignalSources {
  readonly addresses?: AddressFacts | undefined;
  readonly rules?: RawMatcher | undefined;
}

/** The raw parts of a request, as long as it is read; nothing of them is kept. */
export interface RawRequest {
  /** As sent; '' where only path and query are known. */
  readonly uri: string;
  /** Where the `?` of `uri` stands; -1 without one. */
  readonly mark: number;
  readonly path: string;
  readonly query: string;
  readonly userAgent: string;
  readonly referer: string;
  readonly headers: RawObject;
  readonly responseHeaders: RawObject;
  readonly tls: unknown;
  readonly method: string;
  readonly status: number;
  readonly clientIp: string;
}

/** The fields of an ApiEvent that are read out of the raw request, under their names there. */
export type EntrySignals = Pick<
  ApiEvent,
  | 'attacks'
  | 'dataClasses'
  | 'clientFingerprint'
  | 'forwardedFor'
  | 'methodOverride'
  | 'rateLimit'
  | 'rateRemaining'
  | 'country'
  | 'asn'
  | 'network'
  | 'location'
  | 'threat'
  | 'ruleMatches'
>;

export const signalsOf = (raw: RawRequest, from: GatewayContext, sources: SignalSources): EntrySignals => {
  const rate = rateStateOf(raw.responseHeaders);
  const facts = (sources.addresses ?? UNKNOWN_ADDRESS).lookup(raw.clientIp);
  const attacks =
    raw.uri === ''
      ? attackSignals(raw.path, raw.query, raw.userAgent, raw.referer)
      : attackSignalsOfUri(raw.uri, raw.mark, raw.userAgent, raw.referer);
  const suspects = suspectsIn(raw.headers);
  const claimed = claimedAddress(raw.headers);
  const forwardedFor = claimed === '' ? '' : from.ip(claimed);
  return {
    attacks: suspects === undefined ? attacks : withHeaders(attacks, suspects),
    dataClasses: dataClassSignals(raw.path, raw.query),
    clientFingerprint: from.stack.fingerprint(raw.headers, raw.tls),
    forwardedFor: forwardedFor === raw.clientIp ? '' : forwardedFor,
    methodOverride: methodOverrideOf(raw.headers),
    rateLimit: rate.limit,
    rateRemaining: rate.remaining,
    country: facts.country,
    asn: facts.asn,
    network: facts.network,
    location: facts.location,
    threat: facts.threat,
    ruleMatches: sources.rules?.match(raw.path, raw.query, raw.userAgent, raw.referer, raw.method, raw.status) ?? '',
  };
};

/** Of a session: its address alone is known. */
export const sessionSignals = (clientIp: string, sources: SignalSources): EntrySignals => {
  const facts = (sources.addresses ?? UNKNOWN_ADDRESS).lookup(clientIp);
  return {
    ...NO_SIGNALS,
    country: facts.country,
    asn: facts.asn,
    network: facts.network,
    location: facts.location,
    threat: facts.threat,
  };
};

const NO_SIGNALS: EntrySignals = {
  attacks: '', dataClasses: '', clientFingerprint: '', forwardedFor: '', methodOverride: '', rateLimit: -1, rateRemaining: -1,
  country: '', asn: 0, network: '', location: '', threat: '', ruleMatches: '',
}; // prettier-ignore
