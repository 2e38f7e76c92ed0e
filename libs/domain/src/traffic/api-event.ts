import * as z from 'zod';

/** Who produced the answer that the client saw: Kong itself or the upstream behind it (Kong's own `source` field, derived before 3.6). */
export const AnsweredBy = z.enum(['kong', 'upstream']);
export type AnsweredBy = z.infer<typeof AnsweredBy>;

/**
 * Why Kong answered itself, as far as a log entry can tell; `''` when the upstream answered.
 * A log entry does not name the plugin that refused, so the slug is what the status, the credential and the tries prove.
 */
export const Refusal = z.enum([
  '',
  'unauthenticated', // 401 by an authentication plugin
  'forbidden', // 403 by acl, ip-restriction, bot-detection or a termination: the entry does not say which
  'rate-limited', // 429
  'no-route', // 404, nothing matched
  'https-required', // 426
  'bad-request', // 400, 414, 431/494: nginx refused before routing
  'too-large', // 413, 417
  'no-service', // 503 on a route without a service
  'upstream-unreachable', // 502 after failed tries
  'upstream-timeout', // 504 after failed tries
  'client-closed', // 499
  'answered', // any other answer made by a plugin (cors preflight, cache, request-termination with 2xx/5xx, …)
]);
export type Refusal = z.infer<typeof Refusal>;

/** What kind of network an address belongs to; '' when no source knows. */
export const NetworkKind = z.enum([
  '',
  'hosting',
  'isp',
  'mobile',
  'education',
  'government',
  'business',
  'vpn',
  'proxy',
  'tor',
  'relay',
]);
export type NetworkKind = z.infer<typeof NetworkKind>;

/** What one request told us, sanitised. Strings are `''` and numbers `-1` when Kong did not say; nothing is null. */
export const ApiEvent = z.object({
  tenant: z.string(),
  gateway: z.string(),
  /** 32 hex digits: Kong's `request.id`, or a hash of the log line where Kong (before 3.5, or stream) gives none. Unique per gateway. */
  id: z.string(),
  /** Whether `id` is Kong's own request id (so that it can be found in Kong's logs and in clients' error bodies). */
  hasRequestId: z.boolean(),
  kind: z.enum(['http', 'stream']),
  /** Event time: when Kong began to read the request; ms since epoch. */
  startedAt: z.number(),
  /** When the collector read the entry; ms since epoch. */
  receivedAt: z.number(),
  consumerId: z.string(),
  consumerName: z.string(),
  consumerCustomId: z.string(),
  consumerTags: z.array(z.string()),
  /**
   * Kong's credential row id (`authenticated_entity.id`), or a keyed hash of it where it is itself a secret (ldap-auth); the consumer's id where a
   * plugin found the consumer and names no credential. `''` of Kong's `anonymous` fallback.
   */
  credentialId: z.string(),
  /** HMAC-SHA256 of the presented credential under the configured key, first 16 hex digits; `''` when none was presented. */
  credentialFingerprint: z.string(),
  /** After trusted proxies; canonical text form (IPv4 dotted, IPv6 compressed lower case). */
  clientIp: z.string(),
  method: z.string(),
  host: z.string(),
  /** Path as the client sent it, without query, secrets redacted, bounded. */
  path: z.string(),
  /** Path with the segments that are plainly ids replaced: `/orders/{id}`. */
  pathTemplate: z.string(),
  /** Query parameters as `name=class:length`, joined by `&`, e.g. `page=int:2&q=text:14&apikey=secret:32`; allow-listed ones keep their value. */
  query: z.string(),
  status: z.number(),
  answeredBy: AnsweredBy,
  refusal: Refusal,
  /** Bytes, headers included, as Kong counts them. */
  requestBytes: z.number(),
  responseBytes: z.number(),
  /** Milliseconds; upstream is -1 when nothing was proxied. */
  latencyTotalMs: z.number(),
  latencyKongMs: z.number(),
  latencyUpstreamMs: z.number(),
  /** Balancer attempts; 0 when nothing was proxied. */
  tries: z.number(),
  serviceId: z.string(),
  serviceName: z.string(),
  routeId: z.string(),
  routeName: z.string(),
  userAgent: z.string(),
  requestContentType: z.string(),
  responseContentType: z.string(),
  tlsVersion: z.string(),
  /**
   * Families of injection found in the raw path, query, user agent and referer: `sqli:8,xss:5`, sorted by family. A critical pattern
   * scores 5, a warning 3, summed by family, at most 25 each.
   */
  attacks: z.string(),
  /** Personal or secret data that path and query values held: `path:email,query:card`. */
  dataClasses: z.string(),
  /** 16 hex digits: hash of the client's stack (user agent, accept headers, TLS version and cipher, header names). */
  clientFingerprint: z.string(),
  /** Left-most address that the client claims in X-Forwarded-For, where it is not `clientIp`. */
  forwardedFor: z.string(),
  /** The method that X-HTTP-Method-Override and its kin ask for; upper case, at most 16 letters. */
  methodOverride: z.string(),
  /** Requests allowed and left in the tightest window, by the response's RateLimit headers; -1 without. */
  rateLimit: z.number(),
  rateRemaining: z.number(),
  /** ISO 3166-1 alpha-2. This and what follows is known only where the user gave databases or lists. */
  country: z.string(),
  /** Autonomous system; 0 unknown. */
  asn: z.number(),
  network: NetworkKind,
  /** `lat,lon,radiusKm`. */
  location: z.string(),
  /** Name of the threat list that names the address. */
  threat: z.string(),
  /** Ids, joined by `,`, of the user's rules whose conditions on raw text the request met; read before sanitising, never shown. */
  ruleMatches: z.string(),
  /**
   * `host:port` behind the service, lower case: as the service names it, or the port and the loopback or link-local address that the balancer
   * really went to. '' without a service.
   */
  upstream: z.string(),
});
export type ApiEvent = Readonly<z.infer<typeof ApiEvent>>;

/** The id that deduplication and samples use: unique over all gateways of a tenant. */
export const eventId = (event: Pick<ApiEvent, 'gateway' | 'id'>): string => `${event.gateway}:${event.id}`;

/** `GET /orders/{id}`: what people call an endpoint. */
export const endpointOf = (event: Pick<ApiEvent, 'method' | 'pathTemplate'>): string =>
  `${event.method} ${event.pathTemplate}`;
