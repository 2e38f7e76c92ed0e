import { describe, expect, test } from '@jest/globals';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import { factsOf } from './plugin-facts.ts';

const plugin = (name: string, config: GatewayPlugin['config'], over: Partial<GatewayPlugin> = {}): GatewayPlugin => ({
  id: 'p',
  name,
  enabled: true,
  protocols: ['https', 'http'],
  tags: null,
  service: null,
  route: { id: 'r' },
  consumer: null,
  config,
  ...over,
});

/** Of the configurations below, and never to be kept. */
const SECRET = /hush/;

describe('what is kept of a plugin', () => {
  test.each<[string, GatewayPlugin, object]>([
    ['key-auth', plugin('key-auth', { key_names: ['apikey'], anonymous: null }), { protocols: ['http', 'https'] }],
    ['jwt that is open', plugin('jwt', { anonymous: 'guest' }), { anonymous: 'guest' }],
    [
      'openid-connect',
      plugin('openid-connect', { client_secret: ['hush'], anonymous: null }),
      { name: 'openid-connect' },
    ],
    ['acl', plugin('acl', { allow: ['b', 'a'], deny: null }), { allow: { n: 2, entries: ['a', 'b'] } }],
    ['ip-restriction of Kong 2', plugin('ip-restriction', { whitelist: ['10.0.0.0/8'] }), { allow: { n: 1 } }],
    [
      'rate-limiting',
      plugin('rate-limiting', { minute: 120, hour: 3600, redis: { password: 'hush' } }),
      { perSecond: 1 },
    ],
    [
      'rate-limiting-advanced',
      plugin('rate-limiting-advanced', { limit: [10, 60], window_size: [1, 60] }),
      { perSecond: 1 },
    ],
    ['response-ratelimiting', plugin('response-ratelimiting', { limits: { video: { minute: 60 } } }), { perSecond: 1 }],
    ['tcp-log', plugin('tcp-log', { host: 'logs', port: 7514 }), { destination: { shown: 'logs:7514' } }],
    [
      'http-log',
      plugin('http-log', { http_endpoint: 'https://u:hush@logs.example/a?t=hush', headers: { k: 'hush' } }),
      { destination: { shown: 'logs.example' } },
    ],
    [
      'file-log with Lua',
      plugin('file-log', { path: '/a', custom_fields_by_lua: { x: 'return "hush"' } }),
      { code: expect.any(String) },
    ],
    ['pre-function', plugin('pre-function', { access: ['local key = "hush"'], log: [] }), { code: expect.any(String) }],
    [
      'ssl_verify, wherever it is',
      plugin('opentelemetry', { redis: { ssl_verify: true }, token: 'hush' }),
      { verify: { 'redis.ssl_verify': true } },
    ],
    ['a block', plugin('request-termination', { status_code: 403, trigger: null }), { stops: true }],
    ['a block by header', plugin('request-termination', { status_code: 403, trigger: 'x' }), { stops: false }],
    ['an answer', plugin('request-termination', { status_code: 200 }), { stops: false }],
    [
      'one of ours',
      plugin(
        'proxy-cache',
        {},
        { tags: ['outrider', 'outrider-enforcement-e2', 'outrider-enforcement-e1', 'outrider-print-ab'] },
      ),
      { ours: { enforcements: ['e1', 'e2'], print: 'ab' } },
    ],
  ])('%s', (_name, given, kept) => {
    const facts = factsOf(given);
    expect(facts).toMatchObject(kept);
    expect(JSON.stringify(facts)).not.toMatch(SECRET);
  });

  test.each<[string, GatewayPlugin]>([
    ['no rule is about it', plugin('correlation-id', { header_name: 'x' })],
    [
      'it holds for a group of consumers alone',
      plugin('rate-limiting', { minute: 1 }, { consumer_group: { id: 'g' } }),
    ],
  ])('nothing, where %s', (_why, given) => {
    expect(factsOf(given)).toBeUndefined();
  });

  test('a list that is too long is a number and a hash', () => {
    const allow = Array.from({ length: 501 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(factsOf(plugin('ip-restriction', { allow }))?.allow).toEqual({ n: 501, hash: expect.any(String) });
  });

  test('a password in the address of a logger is in no hash, its path is', () => {
    const hash = (http_endpoint: string) => factsOf(plugin('http-log', { http_endpoint }))?.destination?.hash;
    expect(hash('https://u:one@logs.example/a')).toBe(hash('https://u:two@logs.example/a'));
    expect(hash('https://logs.example/a')).not.toBe(hash('https://logs.example/b'));
  });
});
