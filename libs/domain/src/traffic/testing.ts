import { ApiEvent } from './api-event.ts';

let sequence = 0;

/** 32 hex digits from a number: a request id for tests. */
export const testRequestId = (n: number): string => n.toString(16).padStart(32, '0');

/** What a request carries that no signal, list or enrichment said anything about. */
export const NO_SIGNALS = {
  attacks: '',
  dataClasses: '',
  clientFingerprint: '',
  forwardedFor: '',
  methodOverride: '',
  rateLimit: -1,
  rateRemaining: -1,
  country: '',
  asn: 0,
  network: '',
  location: '',
  threat: '',
  ruleMatches: '',
  upstream: '',
} as const;

/** A valid event with plain defaults: consumer alice, authenticated, GET /orders/{id}, 200. A test names only what it is about. */
export const anApiEvent = (overrides: Partial<ApiEvent> = {}): ApiEvent => {
  const startedAt = overrides.startedAt ?? Date.UTC(2026, 0, 5, 12, 0, 0);
  return ApiEvent.parse({
    tenant: 'default',
    gateway: 'default',
    id: testRequestId(++sequence),
    hasRequestId: true,
    kind: 'http',
    startedAt,
    receivedAt: startedAt + 20,
    consumerId: '11111111-1111-4111-8111-111111111111',
    consumerName: 'alice',
    consumerCustomId: '',
    consumerTags: [],
    credentialId: 'aaaaaaaa-1111-4111-8111-111111111111',
    credentialFingerprint: 'f00df00df00df00d',
    clientIp: '198.51.100.10',
    method: 'GET',
    host: 'api.example.com',
    path: '/orders/42',
    pathTemplate: '/orders/{id}',
    query: '',
    status: 200,
    answeredBy: 'upstream',
    refusal: '',
    requestBytes: 400,
    responseBytes: 1200,
    latencyTotalMs: 12,
    latencyKongMs: 2,
    latencyUpstreamMs: 9,
    tries: 1,
    serviceId: '22222222-2222-4222-8222-222222222222',
    serviceName: 'orders',
    routeId: '33333333-3333-4333-8333-333333333333',
    routeName: 'orders',
    userAgent: 'shop/1.0',
    requestContentType: '',
    responseContentType: 'application/json',
    tlsVersion: '',
    ...NO_SIGNALS,
    ...overrides,
  });
};

/** An event without consumer and credential, as Kong logs it for anonymous traffic. */
export const anAnonymousEvent = (overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anApiEvent({ consumerId: '', consumerName: '', credentialId: '', credentialFingerprint: '', ...overrides });

/** A request that an authentication plugin of Kong refused. */
export const aRefusedEvent = (overrides: Partial<ApiEvent> = {}): ApiEvent =>
  anAnonymousEvent({
    status: 401,
    answeredBy: 'kong',
    refusal: 'unauthenticated',
    tries: 0,
    latencyUpstreamMs: -1,
    ...overrides,
  });
