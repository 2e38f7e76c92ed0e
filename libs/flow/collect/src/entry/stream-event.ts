import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { answeredBy, countTries } from './answered-by.ts';
import { credentialIdOf, label, tagsOf, tlsVersionOf } from './entry-field.ts';
import { sessionSignals } from '../signals/entry-signals.ts';
import type { Reading } from './http-event.ts';
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

/** A TCP, TLS or UDP session: no request, no response, no request id. */
export const streamEvent = (entry: RawObject, session: RawObject, reading: Reading): ApiEvent => {
  const { from, fingerprints } = reading;
  const latencies = objectOf(entry['latencies']);
  const consumer = objectOf(entry['consumer']);
  const authenticated = objectOf(entry['authenticated_entity']);
  const service = objectOf(entry['service']);
  const route = objectOf(entry['route']);
  const clientIp = from.ip(textOf(entry['client_ip'], 64));
  const tries = countTries(entry['tries']);
  const status = statusOf(session['status']);
  const by = isObject(entry['upstream']) ? 'upstream' : answeredBy(entry['source'], entry['tries'], tries, -1);
  const signals = sessionSignals(clientIp, reading.sources);
  return {
    tenant: from.tenant,
    gateway: from.gateway,
    id: reading.id,
    hasRequestId: false,
    kind: 'stream',
    startedAt: Math.floor(numberOf(entry['started_at']) ?? 0),
    receivedAt: reading.receivedAt,
    consumerId: label(consumer['id'] ?? authenticated['consumer_id']),
    consumerName: label(consumer['username']),
    consumerCustomId: label(consumer['custom_id']),
    consumerTags: tagsOf(consumer['tags']),
    credentialId: credentialIdOf(authenticated['id'], fingerprints),
    credentialFingerprint: '',
    clientIp,
    method: '',
    host: '',
    path: '',
    pathTemplate: '',
    query: '',
    status,
    answeredBy: by,
    refusal: by === 'upstream' ? '' : refusalOfSession(status, tries),
    requestBytes: bytesOf(session['received']),
    responseBytes: bytesOf(session['sent']),
    latencyTotalMs: millisecondsOf(latencies['session']),
    latencyKongMs: millisecondsOf(latencies['kong']),
    latencyUpstreamMs: -1,
    tries,
    serviceId: label(service['id']),
    serviceName: label(service['name']),
    routeId: label(route['id']),
    routeName: label(route['name']),
    userAgent: '',
    requestContentType: '',
    responseContentType: '',
    tlsVersion: tlsVersionOf(session['tls']),
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

const refusalOfSession = (status: number, tries: number): ApiEvent['refusal'] => {
  if (status === 403) return 'forbidden';
  return tries > 0 ? 'upstream-unreachable' : 'answered';
};
