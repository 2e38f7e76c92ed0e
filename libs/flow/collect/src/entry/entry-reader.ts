import { hash } from 'node:crypto';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DeadLetter } from '@outrider/ports/event-store';
import { answeredBy, countTries, refusalOf } from './answered-by.ts';
import { clientBehindProxies } from './ip-address.ts';
import { Fingerprints, presentedCredential } from './credential.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { GatewayContext } from './gateway-context.ts';
import { contentType, credentialIdOf, label, methodOf, requestIdOf, tagsOf, tlsVersionOf } from './entry-field.ts';
import { queryOutline, queryOutlineOf } from './query-outline.ts';
import { bytesOf, isObject, millisecondsOf, numberOf, objectOf, statusOf, textOf, type RawObject } from './raw-value.ts';
import type { Outcome, RefusalReason, Transport } from './outcome.ts';

/** Kong's own bound for a URI is four header buffers of 8 KiB. */
const MAX_URI = 65_536;
const MAX_HEADER = 8_192;
const MIN_TIME = Date.UTC(2000, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1);
/** What is sent now may be off by so much: a store has a partition a week, and forged times must not open thousands of them. */
const MAX_LIVE_SKEW_MS = 5 * 365 * 86_400_000;

/**
 * Reads one Kong log entry (2.8 to 3.9 and later) into a sanitised event. The hot path: one JSON.parse, then look-ups of known fields;
 * what repeats (paths, agents, addresses, credentials) is remembered. Never throws for any input.
 */
export class EntryReader {
  readonly #fingerprints: Fingerprints;

  constructor(options: { readonly fingerprintKey: Buffer }) {
    this.#fingerprints = new Fingerprints(options.fingerprintKey);
  }

  /** The entry in `bytes[start, end)`. Invalid UTF-8 is read as U+FFFD. */
  read(bytes: Buffer, start: number, end: number, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    if (!mayBeObject(bytes, start, end))
      return this.#refuse(firstByteReason(bytes, start, end), bytes.subarray(start, end), from, receivedAt, by);
    let entry: unknown;
    try {
      entry = JSON.parse(bytes.toString('utf8', start, end));
    } catch {
      return this.#refuse('not-json', bytes.subarray(start, end), from, receivedAt, by);
    }
    if (!isObject(entry))
      return this.#refuse('not-an-object', bytes.subarray(start, end), from, receivedAt, by);
    const wrong = unreadable(entry, receivedAt, by);
    if (wrong !== undefined) return this.#refuse(wrong, bytes.subarray(start, end), from, receivedAt, by);
    const id = requestIdOf(entry);
    return {
      kind: 'pass',
      event: this.#event(entry, id === '' ? lineHash(bytes, start, end) : id, id !== '', from, receivedAt),
    };
  }

  /** An entry that was parsed elsewhere. Without a request id its hash is that of its own JSON text. */
  readObject(entry: unknown, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    const bytes = (): Buffer => Buffer.from(JSON.stringify(entry) ?? '');
    if (!isObject(entry)) return this.#refuse('not-an-object', bytes(), from, receivedAt, by);
    const wrong = unreadable(entry, receivedAt, by);
    if (wrong !== undefined) return this.#refuse(wrong, bytes(), from, receivedAt, by);
    const id = requestIdOf(entry);
    if (id !== '') return { kind: 'pass', event: this.#event(entry, id, true, from, receivedAt) };
    const text = bytes();
    return { kind: 'pass', event: this.#event(entry, lineHash(text, 0, text.length), false, from, receivedAt) };
  }

  /** A line that was skipped because it is over the bound; `beginning` is what was kept of it. */
  tooLong(beginning: Buffer, totalBytes: number, from: GatewayContext, receivedAt: number, by: Transport): Outcome {
    return this.#refuse('too-long', beginning, from, receivedAt, by, totalBytes);
  }

  #event(entry: RawObject, id: string, hasRequestId: boolean, from: GatewayContext, receivedAt: number): ApiEvent {
    return isObject(entry['request'])
      ? this.#httpEvent(entry, entry['request'], id, hasRequestId, from, receivedAt)
      : this.#streamEvent(entry, id, from, receivedAt);
  }

  #httpEvent(
    entry: RawObject,
    request: RawObject,
    id: string,
    hasRequestId: boolean,
    from: GatewayContext,
    receivedAt: number,
  ): ApiEvent {
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
    const path = from.path(mark === -1 ? uri : uri.slice(0, mark));
    const tries = countTries(entry['tries']);
    const upstreamMs = millisecondsOf(latencies['proxy']);
    const status = statusOf(response['status']);
    const by = answeredBy(entry['source'], entry['tries'], tries, upstreamMs);
    const credential = presentedCredential(headers, query, from.names);
    return {
      tenant: from.tenant,
      gateway: from.gateway,
      id,
      hasRequestId,
      kind: 'http',
      startedAt: Math.floor(numberOf(entry['started_at']) ?? 0),
      receivedAt,
      consumerId: label(consumer['id'] ?? authenticated['consumer_id']),
      consumerName: label(consumer['username']),
      consumerCustomId: label(consumer['custom_id']),
      consumerTags: tagsOf(consumer['tags']),
      credentialId: credentialIdOf(authenticated['id'], this.#fingerprints),
      credentialFingerprint: credential === '' ? '' : this.#fingerprints.of(credential).slice(0, 16),
      clientIp: this.#clientIp(entry, headers, from),
      method: methodOf(request['method']),
      host: from.host(textOf(headers['host'], MAX_HEADER) || hostInUrl(request['url'])),
      path: path.path,
      pathTemplate: path.template,
      query: queryText(uri, query, request, from),
      status,
      answeredBy: by,
      refusal: refusalOf({
        status,
        by,
        tries,
        hasRoute: isObject(entry['route']),
        hasService: isObject(entry['service']),
        upstreamSaid: endsInDigit(entry['upstream_status']),
      }),
      requestBytes: bytesOf(request['size']),
      responseBytes: bytesOf(response['size']),
      latencyTotalMs: millisecondsOf(latencies['request']),
      latencyKongMs: millisecondsOf(latencies['kong']),
      latencyUpstreamMs: upstreamMs,
      tries,
      serviceId: label(service['id']),
      serviceName: label(service['name']),
      routeId: label(route['id']),
      routeName: label(route['name']),
      userAgent: from.userAgent(textOf(headers['user-agent'], MAX_HEADER)),
      requestContentType: contentType(headers['content-type']),
      responseContentType: contentType(objectOf(response['headers'])['content-type']),
      tlsVersion: tlsVersionOf(request['tls']),
    };
  }

  #streamEvent(entry: RawObject, id: string, from: GatewayContext, receivedAt: number): ApiEvent {
    const session = objectOf(entry['session']);
    const latencies = objectOf(entry['latencies']);
    const consumer = objectOf(entry['consumer']);
    const authenticated = objectOf(entry['authenticated_entity']);
    const service = objectOf(entry['service']);
    const route = objectOf(entry['route']);
    const tries = countTries(entry['tries']);
    const status = statusOf(session['status']);
    const proxied = isObject(entry['upstream']);
    const by = proxied ? 'upstream' : answeredBy(entry['source'], entry['tries'], tries, -1);
    return {
      tenant: from.tenant,
      gateway: from.gateway,
      id,
      hasRequestId: false,
      kind: 'stream',
      startedAt: Math.floor(numberOf(entry['started_at']) ?? 0),
      receivedAt,
      consumerId: label(consumer['id'] ?? authenticated['consumer_id']),
      consumerName: label(consumer['username']),
      consumerCustomId: label(consumer['custom_id']),
      consumerTags: tagsOf(consumer['tags']),
      credentialId: credentialIdOf(authenticated['id'], this.#fingerprints),
      credentialFingerprint: '',
      clientIp: from.ip(textOf(entry['client_ip'], 64)),
      method: '',
      host: '',
      path: '',
      pathTemplate: '',
      query: '',
      status,
      answeredBy: by,
      refusal: by === 'upstream' ? '' : streamRefusal(status, tries),
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
    };
  }

  #clientIp(entry: RawObject, headers: RawObject, from: GatewayContext): string {
    const peer = from.ip(textOf(entry['client_ip'], 64));
    if (from.trusted.isEmpty || !from.trusted.has(peer)) return peer;
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined) return peer;
    const hops = Array.isArray(forwarded) ? forwarded.filter((v) => typeof v === 'string').join(',') : textOf(forwarded, MAX_HEADER);
    return hops === '' ? peer : clientBehindProxies(peer, hops, from.trusted);
  }

  #refuse(
    reason: RefusalReason,
    bytes: Buffer,
    from: GatewayContext,
    receivedAt: number,
    transport: Transport,
    totalBytes = bytes.length,
  ): Outcome {
    const detail = DETAIL[reason];
    const letter = (): DeadLetter =>
      deadLetterOf({ reason, detail, bytes, totalBytes, from, receivedAt, transport }, this.#fingerprints);
    return { kind: 'dead-letter', reason, detail, letter };
  }
}

const unreadable = (entry: RawObject, receivedAt: number, by: Transport): RefusalReason | undefined => {
  const startedAt = numberOf(entry['started_at']);
  if (startedAt === undefined) return 'no-time';
  if (startedAt < MIN_TIME || startedAt >= MAX_TIME) return 'bad-time';
  if (by !== 'file' && Math.abs(startedAt - receivedAt) > MAX_LIVE_SKEW_MS) return 'bad-time';
  return isObject(entry['request']) || isObject(entry['session']) ? undefined : 'no-request';
};

const DETAIL: Record<RefusalReason, string> = {
  'not-json': 'the line is not JSON',
  'not-an-object': 'the line is JSON but no object',
  'no-request': 'neither "request" nor "session" is an object',
  'no-time': '"started_at" is missing or no number',
  'bad-time': '"started_at" is no time in ms, or years away from now',
  'too-long': 'longer than the bound for one entry',
};

/** Garbage is told from its first byte, without the cost of a failing JSON.parse. */
const mayBeObject = (bytes: Buffer, start: number, end: number): boolean => {
  let i = start;
  while (i < end && (bytes[i] as number) <= 32) i++;
  return i < end && bytes[i] === 123;
};

const firstByteReason = (bytes: Buffer, start: number, end: number): RefusalReason => {
  if (end - start > 64) return bytes[start] === 91 ? 'not-an-object' : 'not-json';
  try {
    JSON.parse(bytes.toString('utf8', start, end));
    return 'not-an-object';
  } catch {
    return 'not-json';
  }
};

/** 128 bits of SHA-256: names a line where Kong gives no request id. */
const lineHash = (bytes: Buffer, start: number, end: number): string =>
  hash('sha256', bytes.subarray(start, end), 'hex').slice(0, 32);

const uriOf = (request: RawObject): string => {
  const uri = request['uri'];
  if (typeof uri === 'string') return uri.length <= MAX_URI ? uri : uri.slice(0, MAX_URI);
  return textOf(request['url'], MAX_URI);
};

const queryText = (uri: string, query: string, request: RawObject, from: GatewayContext): string => {
  if (query !== '') return queryOutline(query, from.names, from.keepQueryValues);
  return uri === '' && isObject(request['querystring'])
    ? queryOutlineOf(request['querystring'], from.names, from.keepQueryValues)
    : '';
};

const hostInUrl = (url: unknown): string => {
  const text = textOf(url, MAX_HEADER);
  const start = text.indexOf('://');
  if (start === -1) return '';
  let end = start + 3;
  while (end < text.length && text[end] !== '/' && text[end] !== '?') end++;
  return text.slice(start + 3, end);
};

const endsInDigit = (value: unknown): boolean => {
  if (typeof value === 'number') return true;
  if (typeof value !== 'string' || value === '') return false;
  const last = value.charCodeAt(value.length - 1);
  return last >= 48 && last <= 57;
};

const streamRefusal = (status: number, tries: number): ApiEvent['refusal'] => {
  if (status === 403) return 'forbidden';
  return tries > 0 ? 'upstream-unreachable' : 'answered';
};
