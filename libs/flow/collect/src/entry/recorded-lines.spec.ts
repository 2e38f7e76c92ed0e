import { describe, expect, it } from '@jest/globals';
import { decodeRows, encodeEvent } from '@outrider/contracts/events/event-row';
import { ApiEvent } from '@outrider/domain/traffic/api-event';
import { aContext, aReader, eventOf, readEntry, recordedCase, recordedLines } from '../testing/log-entry.ts';

const GENERATIONS = ['kong-3.9.3-tcp-log.ndjson', 'kong-3.4.2-serializer.ndjson', 'kong-2.8.5-serializer.ndjson'];

describe('the recorded lines of real Kongs', () => {
  it.each(GENERATIONS)('%s is read without one dead letter, and every event survives its row', (file) => {
    const lines = recordedLines(file);
    expect(lines.length).toBeGreaterThanOrEqual(73);
    const context = aContext();
    const reader = aReader();
    for (const line of lines) {
      const outcome = readEntry(line, context, reader);
      if (outcome.kind !== 'pass') throw new Error(outcome.reason);
      expect(ApiEvent.parse(outcome.event)).toEqual(outcome.event);
      expect(decodeRows([encodeEvent(outcome.event)])).toEqual([outcome.event]);
    }
  });

  it('the three generations agree on who, what and how it ended', () => {
    const essence = (line: Buffer) => {
      // Ids and Kong's arithmetic of times differ between generations.
      const same = {
        id: '',
        hasRequestId: false,
        latencyKongMs: 0,
        latencyUpstreamMs: 0,
        latencyTotalMs: 0,
        receivedAt: 0,
      };
      return JSON.stringify({ ...eventOf(line), ...same });
    };
    const [now, middle, old] = GENERATIONS.map((file) => recordedLines(file).map(essence));
    // The older files have one line more: an allowed request of the 429 case.
    for (const event of now ?? []) {
      expect(middle).toContain(event);
      expect(old).toContain(event);
    }
  });

  it('every line has its own id: request.id since 3.5, a hash of the line before', () => {
    for (const file of GENERATIONS) {
      const events = recordedLines(file).map((line) => eventOf(line));
      expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
      for (const event of events) expect(event.id).toMatch(/^[0-9a-f]{32}$/);
      const own = events.filter((event) => event.hasRequestId).length;
      expect(own).toBe(file.includes('3.9.3') ? 71 : 0);
    }
  });

  it('udp-log datagrams are the same entries', () => {
    for (const line of recordedLines('kong-3.9.3-udp-log.ndjson')) {
      const { body } = JSON.parse(line.toString('utf8')) as { body: string };
      expect(eventOf(Buffer.from(body)).kind).toBe('http');
    }
  });
});

describe('the special cases of Kong 3.9.3', () => {
  const table: [string, Partial<ApiEvent>][] = [
    ['ok_key_auth', { status: 200, answeredBy: 'upstream', refusal: '', consumerName: 'alice', consumerCustomId: 'c-alice', consumerTags: ['team-a', 'gold'], credentialId: '4f4bf393-5b7c-42f1-82a0-961096f6ea03', tries: 1, pathTemplate: '/api/orders/{id}', serviceName: 'svc', routeName: 'r-api', method: 'GET', host: 'api.lab.test', userAgent: 'lab/1.0', upstream: '127.0.0.1:9100' }],
    ['ok_open', { status: 200, answeredBy: 'upstream', refusal: '', consumerId: '', credentialId: '', query: 'x=int:1' }],
    ['ok_anonymous_consumer', { status: 200, refusal: '', consumerName: 'anon', credentialId: '' }],
    ['401_missing_key', { status: 401, answeredBy: 'kong', refusal: 'unauthenticated', consumerId: '', credentialId: '', credentialFingerprint: '', tries: 0, latencyUpstreamMs: -1 }],
    ['401_bad_key', { status: 401, answeredBy: 'kong', refusal: 'unauthenticated', consumerId: '' }],
    ['403_acl', { status: 403, answeredBy: 'kong', refusal: 'forbidden', consumerName: 'bob' }],
    ['403_ip_restriction', { status: 403, answeredBy: 'kong', refusal: 'forbidden', consumerId: '' }],
    ['404_no_route', { status: 404, answeredBy: 'kong', refusal: 'no-route', routeId: '', serviceId: '', tries: 0, upstream: '' }],
    ['404_from_upstream', { status: 404, answeredBy: 'upstream', refusal: '' }],
    ['413_request_size_limiting', { status: 413, answeredBy: 'kong', refusal: 'too-large' }],
    ['426_https_required', { status: 426, answeredBy: 'kong', refusal: 'https-required', routeId: '' }],
    ['503_request_termination_route', { status: 503, answeredBy: 'kong', refusal: 'answered' }],
    ['403_request_termination_consumer', { status: 403, answeredBy: 'kong', refusal: 'forbidden', consumerName: 'bob' }],
    ['503_no_service_on_route', { status: 503, answeredBy: 'kong', refusal: 'no-service', serviceId: '' }],
    ['upstream_500', { status: 500, answeredBy: 'upstream', refusal: '' }],
    ['upstream_timeout_504', { status: 504, answeredBy: 'kong', refusal: 'upstream-timeout', tries: 3 }],
    ['upstream_refused_502', { status: 502, answeredBy: 'kong', refusal: 'upstream-unreachable', tries: 3 }],
    ['client_abort_499', { status: 499, refusal: 'client-closed' }],
    ['uri_too_long', { status: 414, answeredBy: 'kong', refusal: 'bad-request', path: '', pathTemplate: '' }],
    ['bad_request_line', { status: 400, answeredBy: 'kong', refusal: 'bad-request', path: '' }],
    ['ok_key_in_query', { query: 'apikey=secret:9&page=2', consumerName: 'alice' }],
    // matchers stand where the event has text: Jest types them as any object
    ['ok_jwt_query', { query: expect.stringMatching(/^jwt=secret:\d+$/) as unknown as string }],
    ['401_duplicate_key_header', { status: 401, refusal: 'unauthenticated' }],
    ['403_bot_detection', { status: 403, refusal: 'forbidden', consumerId: '' }],
    ['404_no_route_with_key', { status: 404, refusal: 'no-route', consumerId: '', credentialId: '' }],
    ['upstream_closes_502', { status: 502, refusal: 'upstream-unreachable', tries: 6 }],
    ['http10_no_host', { status: 200, host: 'kong' }],
    ['query_150_args', { query: expect.stringContaining('&…=more:50') as unknown as string }],
    ['query_repeated', { query: expect.stringMatching(/^id=1&id=2&flag=empty:0&empty=empty:0/) as unknown as string }],
    ['query_bare_question_mark', { query: '' }],
    ['query_invalid_utf8_raw', { status: 400, answeredBy: 'upstream', query: 'x=text:3' }],
    ['path_dotdot', { path: '/open/a/../../etc/passwd', refusal: 'no-route' }],
    ['path_encoded_slash', { path: '/open/a%2F..%2Fb//c/;v=1' }],
    ['xff_spoof', { clientIp: '127.0.0.1' }],
    ['plain_http_to_tls_port', { status: 400, refusal: 'bad-request' }],
    ['ok_https_h1', { tlsVersion: 'TLSv1.3' }],
    ['grpc_permission_denied', { status: 200, answeredBy: 'upstream', refusal: '', requestContentType: 'application/grpc' }],
    ['tcp_stream', { kind: 'stream', status: 200, refusal: '', requestBytes: 17, responseBytes: 17, method: '', path: '' }],
    ['tcp_stream_tls', { kind: 'stream', tlsVersion: 'TLSv1.3', latencyTotalMs: 4, latencyKongMs: 3, refusal: '' }],
    ['cors_preflight', { status: 200, answeredBy: 'kong', refusal: 'answered', consumerId: '' }],
  ]; // prettier-ignore

  it.each(table)('%s', (name, expected) => {
    const lines = recordedCase(name);
    expect(eventOf(lines.at(-1))).toMatchObject(expected);
  });

  it('429: the allowed request and the refused one', () => {
    const [allowed, refused] = recordedCase('429_rate_limiting').map((line) => eventOf(line));
    expect(allowed).toMatchObject({ status: 200, refusal: '', consumerName: 'bob', answeredBy: 'upstream' });
    expect(refused).toMatchObject({ status: 429, refusal: 'rate-limited', consumerName: 'bob', answeredBy: 'kong' });
  });
});
