import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { answeredBy, countTries, likelyAnsweredBy, refusalOf } from './answered-by.ts';
import { presentedCredential, type Fingerprints } from './credential.ts';
import { contentType, credentialIdOf, label, methodOf, standsForAll, tagsOf, tlsVersionOf } from './entry-field.ts';
import type { GatewayContext } from './gateway-context.ts';
import { clientBehindProxies } from './client-ip.ts';
import { signalsOf, type RawRequest, type SignalSources } from '../signals/entry-signals.ts';
import { queryOf, queryOutline } from './query-outline.ts';
import {
  bytesOf,
  isObject,
  millisecondsOf,
  numberOf,
  objectOf,
  statusOf,
  textOf,
  type RawObject,
} from './raw-value.ts';

/** Kong's own bound for a URI is four header buffers of 8 KiB. */
const MAX_URI = 65_536;
const MAX_HEADER = 8_192;
const MAX_ADDRESS = 64;
const MAX_URL_READ_FOR_HOST = 512;

/** What is known of an entry before its fields are looked at. */
export interface Reading {
  readonly id: string;
  readonly hasRequestId: boolean;
  readonly from: GatewayContext;
  readonly receivedAt: number;
  readonly fingerprints: Fingerprints;
  readonly sources: SignalSources;
}

/** A request and its answer; any field may be missing or of any type. */
export const httpEvent = (entry: RawObject, request: RawObject, reading: Reading): ApiEvent => {
  const { from, fingerprints } = reading;
  const headers = objectOf(request['headers']);
  const response = objectOf(entry['response']);
  const latencies = objectOf(entry['latencies']);
  const consumer = objectOf(entry['consumer']);
  const authenticated = objectOf(entry['authenticated_entity']);
  const service = objectOf(entry['service']);
  const route = objectOf(entry['route']);
  const uri = uriOf(request);
  const mark = uri.indexOf('?');
  const query = mark === -1 ? '' : uri.slice(mark + 1);
  const rawPath = mark === -1 ? uri : uri.slice(0, mark);
  const path = from.path(rawPath, uri);
  const answer = answerOf(entry, statusOf(response['status']), millisecondsOf(latencies['proxy']));
  const credential = presentedCredential(headers, query, from.names);
  const consumerId = label(consumer['id'] ?? authenticated['consumer_id'] ?? consumer['username']);
  const clientIp = clientIpOf(entry, headers, from);
  const method = methodOf(request['method']);
  const userAgent = textOf(headers['user-agent'], MAX_HEADER);
  const raw: RawRequest = {
    uri,
    mark,
    path: rawPath,
    query: query === '' && uri === '' ? queryOf(request['querystring']) : query,
    userAgent,
    referer: textOf(headers['referer'], MAX_HEADER),
    headers,
    responseHeaders: objectOf(response['headers']),
    tls: request['tls'],
    method,
    status: answer.status,
    clientIp,
  };
  const signals = signalsOf(raw, from, reading.sources);
  return {
    tenant: from.tenant,
    gateway: from.gateway,
    id: reading.id,
    hasRequestId: reading.hasRequestId,
    kind: 'http',
    startedAt: Math.floor(numberOf(entry['started_at']) ?? 0),
    receivedAt: reading.receivedAt,
    consumerId,
    consumerName: label(consumer['username']),
    consumerCustomId: label(consumer['custom_id']),
    consumerTags: tagsOf(consumer['tags']),
    credentialId:
      credentialIdOf(authenticated['id'], fingerprints) || (standsForAll(consumer, headers) ? '' : consumerId),
    credentialFingerprint: credential === '' ? '' : fingerprints.shortOf(credential),
    clientIp,
    method,
    host: from.host(textOf(headers['host'], MAX_HEADER) || hostInUrl(request['url'])),
    path: path.path,
    pathTemplate: path.template,
    query: queryText(uri, query, request, from),
    status: answer.status,
    answeredBy: answer.by,
    refusal: refusalOf(answer),
    requestBytes: bytesOf(request['size']),
    responseBytes: bytesOf(response['size']),
    latencyTotalMs: millisecondsOf(latencies['request']),
    latencyKongMs: millisecondsOf(latencies['kong']),
    latencyUpstreamMs: answer.upstreamMs,
    tries: answer.tries,
    serviceId: label(service['id']),
    serviceName: label(service['name']),
    routeId: label(route['id']),
    routeName: label(route['name']),
    userAgent: from.userAgent(userAgent),
    requestContentType: contentType(headers['content-type']),
    responseContentType: contentType(raw.responseHeaders['content-type']),
    tlsVersion: tlsVersionOf(request['tls']),
    attacks: signals.attacks,
    dataClasses: signals.dataClasses,
    clientFingerprint: signals.clientFingerprint,
    forwardedFor: signals.forwardedFor,
    methodOverride: signals.methodOverride,
    rateLimit: signals.rateLimit,
    rateRemaining: signals.rateRemaining,
    country: signals.country,
    asn: signals.asn,
    network: signals.network,
    location: signals.location,
    threat: signals.threat,
    ruleMatches: signals.ruleMatches,
    upstream: from.upstream(service, entry['tries']),
  };
};

const uriOf = (request: RawObject): string => {
  const uri = request['uri'];
  if (typeof uri === 'string') return uri.length <= MAX_URI ? uri : uri.slice(0, MAX_URI);
  return textOf(request['url'], MAX_URI);
};

/** What of an entry says who answered. */
const SAYS_WHO = ['source', 'tries', 'latencies', 'upstream_status'] as const;

const answerOf = (entry: RawObject, status: number, upstreamMs: number) => {
  const tries = countTries(entry['tries']);
  return {
    status,
    upstreamMs,
    tries,
    by: SAYS_WHO.some((name) => entry[name] !== undefined)
      ? answeredBy(entry['source'], entry['tries'], tries, upstreamMs)
      : likelyAnsweredBy(status),
    hasRoute: isObject(entry['route']),
    hasService: isObject(entry['service']),
    upstreamSaid: endsInDigit(entry['upstream_status']),
  };
};

const endsInDigit = (value: unknown): boolean => {
  if (typeof value === 'number') return true;
  if (typeof value !== 'string' || value === '') return false;
  const last = value.charCodeAt(value.length - 1);
  return last >= 48 && last <= 57;
};

const clientIpOf = (entry: RawObject, headers: RawObject, from: GatewayContext): string => {
  const peer = from.ip(textOf(entry['client_ip'], MAX_ADDRESS));
  if (from.trusted.isEmpty || !from.trusted.has(peer)) return peer;
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined) return peer;
  const hops = Array.isArray(forwarded)
    ? forwarded.filter((hop) => typeof hop === 'string').join(',')
    : textOf(forwarded, MAX_HEADER);
  return hops === '' ? peer : clientBehindProxies(peer, hops, from.trusted);
};

const hostInUrl = (url: unknown): string => {
  const text = textOf(url, MAX_URL_READ_FOR_HOST);
  const start = text.indexOf('://');
  if (start === -1) return '';
  let end = start + 3;
  while (end < text.length && text[end] !== '/' && text[end] !== '?') end++;
  return text.slice(start + 3, end);
};

const queryText = (uri: string, query: string, request: RawObject, from: GatewayContext): string => {
  if (query !== '') return queryOutline(query, from.names, from.keepQueryValues);
  return uri === '' ? queryOutline(queryOf(request['querystring']), from.names, from.keepQueryValues) : '';
};
