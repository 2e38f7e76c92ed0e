import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Problem, PROBLEM_CONTENT_TYPE } from '@outrider/contracts/http/problem';
import { ConflictError, LimitError, PermanentError, TransientError } from '@outrider/platform/errors';
import { serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';
import { answerTo } from './problem.ts';

let serve: ServeApp;
beforeAll(async () => {
  serve = await serveApp();
});
afterAll(() => serve.close());

const ADMIN = { token: tokenOf('admin') };
const policy = { name: 'p', actions: [{ kind: 'block-consumer', durationSeconds: 60 }] };

const expectProblem = (answer: Awaited<ReturnType<ServeApp['ask']>>, status: number, code: string): Problem => {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, PROBLEM_CONTENT_TYPE]);
  const problem = Problem.parse(answer.json());
  expect([problem.status, problem.code]).toEqual([status, code]);
  expect(problem.requestId).toBe(answer.headers['x-request-id']);
  return problem;
};

describe('every refusal is a problem', () => {
  test('unknown routes are 404, known ones under another method 405 with Allow', async () => {
    expectProblem(await serve.ask('GET', '/v1/nothing', ADMIN), 404, 'no-such-route');
    const other = await serve.ask('DELETE', '/v1/alerts', ADMIN);
    expectProblem(other, 405, 'method-not-allowed');
    expect(other.headers.allow).toBe('GET, HEAD');
    expectProblem(await serve.ask('PATCH', `/v1/policies/x`, ADMIN), 405, 'method-not-allowed');
  });

  test('a body that is no JSON, too large or of another type is refused by its own status', async () => {
    expectProblem(await serve.ask('POST', '/v1/policies', { ...ADMIN, body: '{"a":' }), 400, 'bad-request');
    expectProblem(
      await serve.ask('POST', '/v1/policies', { ...ADMIN, body: `"${'x'.repeat(300_000)}"` }),
      413,
      'body-too-large',
    );
    const xml = await serve.ask('POST', '/v1/policies', {
      ...ADMIN,
      body: '<a/>',
      headers: { 'content-type': 'text/xml' },
    });
    expectProblem(xml, 415, 'unsupported-media-type');
    expectProblem(await serve.ask('POST', '/v1/policies', ADMIN), 400, 'invalid-request');
  });

  test('a malformed or over-long path is a problem too', async () => {
    expectProblem(await serve.ask('GET', '/v1/alerts/%zz', ADMIN), 400, 'bad-request');
    const long = await serve.ask('GET', `/v1/alerts/${'a'.repeat(3_000)}`, ADMIN);
    expect([400, 404, 414]).toContain(long.status);
    expect(long.headers['content-type']).toBe(PROBLEM_CONTENT_TYPE);
  });

  test('a field that does not fit is named with its path; unknown fields and parameters are refused', async () => {
    const bad = await serve.ask('POST', '/v1/policies', { ...ADMIN, body: { ...policy, order: -1, typo: 1 } });
    const problem = expectProblem(bad, 400, 'invalid-request');
    expect(problem.errors?.map((e) => e.path).sort()).toEqual(['', 'order']);
    const nested = await serve.ask('POST', '/v1/policies', {
      ...ADMIN,
      body: { ...policy, match: { minSeverty: 'high' } },
    });
    expect(expectProblem(nested, 400, 'invalid-request').errors?.[0]?.path).toBe('match');
    for (const url of ['/v1/alerts?nope=1', '/v1/me?x=1', '/v1/health?x=1', '/v1/alerts?limit=1&limit=x'])
      expectProblem(await serve.ask('GET', url, ADMIN), 400, 'invalid-request');
  });

  test('limits and ranges are bounded', async () => {
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=1.5',
      'limit=',
      'from=yesterday',
      'from=now&to=-1h',
      'from=0',
      'to=2026-02-31',
    ])
      expectProblem(await serve.ask('GET', `/v1/events?${query}`, ADMIN), 400, 'invalid-request');
    for (const query of [
      'limit=200',
      'from=-1h',
      'from=2026-01-05',
      'from=2026-01-05T10:00:00%2B01:00&to=now',
      'from=1767600000000',
    ])
      expect([query, (await serve.ask('GET', `/v1/events?${query}`, ADMIN)).status]).toEqual([query, 200]);
  });
});

describe('hostile input', () => {
  const b64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const lists = [
    '/v1/alerts',
    '/v1/events',
    '/v1/consumers',
    '/v1/enforcements',
    '/v1/dead-letters',
    '/v1/policies',
    '/v1/audit',
    '/v1/deliveries',
    '/v1/consumers/x/timeline',
  ];

  test('a cursor that is not ours is a 400 everywhere and reaches no store', async () => {
    const cursors = [
      'A',
      'A'.repeat(2_000),
      '%00',
      "'%20OR%201=1--",
      b64('null'),
      b64('[]'),
      b64('{"t":1}'),
      b64({ t: -1, i: 'x' }),
      b64({ o: 1e9 }),
      b64({ t: 5, i: 'a', f: 0, u: 8e15 }),
      b64({ t: 5, k: 'events', i: 'a', f: 0, u: 8e15, o: 'newest' }),
      b64({ t: 1e300, i: "'; DROP TABLE alerts" }),
      b64('{"__proto__":{"t":1},"i":"x"}'),
      b64({ t: 1, i: 'x'.repeat(400), f: 0, u: 1 }),
      b64('['.repeat(700)),
    ];
    for (const list of lists)
      for (const cursor of cursors) {
        const answer = await serve.ask('GET', `${list}?cursor=${cursor}`, ADMIN);
        expect([list, cursor, answer.status]).toEqual([list, cursor, 400]);
      }
  });

  test('SQL-like and odd ids are answered calmly', async () => {
    const ids = [
      "' OR 1=1 --",
      '"; DROP TABLE x; --',
      '${7*7}',
      '../../etc/passwd',
      '__proto__',
      'constructor',
      '\u202e',
      'a'.repeat(500),
    ];
    for (const id of ids)
      for (const path of [
        'alerts',
        'policies',
        'enforcements',
        'consumers',
        'addresses',
        'credentials',
        'events',
        'webhooks',
        'deliveries',
      ]) {
        const { status, text } = await serve.ask('GET', `/v1/${path}/${encodeURIComponent(id)}`, ADMIN);
        expect([path, id, [400, 404].includes(status)]).toEqual([path, id, true]);
        expect(text).not.toContain('DROP TABLE');
      }
  });

  test('prototype keys and deep JSON change nothing and cost nothing', async () => {
    for (const body of [
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `{"match":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
    ]) {
      const { status } = await serve.ask('POST', '/v1/policies', { ...ADMIN, body });
      expect(status).toBe(400);
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('what a caller sent in headers does not become the request id', async () => {
    const answer = await serve.ask('GET', '/v1/me', {
      ...ADMIN,
      headers: { 'request-id': 'mine', 'x-request-id': 'mine' },
    });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('errors of the inside', () => {
  test('an unexpected error says nothing of itself and is logged under the request id', async () => {
    const find = serve.fakes.alerts.find.bind(serve.fakes.alerts);
    serve.fakes.alerts.find = () => Promise.reject(new Error('password=hunter2 at /srv/secret.ts'));
    const answer = await serve.ask('GET', '/v1/alerts/00000000-0000-4000-8000-000000000001', ADMIN);
    serve.fakes.alerts.find = find;
    const problem = expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toContain('hunter2');
    expect(serve.fakes.log.some((line) => line.includes(problem.requestId) && line.includes('hunter2'))).toBe(true);
  });

  test('error classes become statuses, and only a CallerError is quoted', () => {
    const of = (error: unknown) => {
      const { problem, headers } = answerTo(error);
      return [problem.status, problem.code, headers['retry-after'], JSON.stringify(problem).includes('secret')];
    };
    expect(of(new TransientError('secret'))).toEqual([503, 'unavailable', '5', false]);
    expect(of(new LimitError('secret'))).toEqual([422, 'too-much', undefined, false]);
    expect(of(new ConflictError('secret'))).toEqual([409, 'conflict', undefined, false]);
    expect(of(new PermanentError('secret', 'refused'))).toEqual([422, 'refused', undefined, false]);
    expect(of(new Error('secret'))).toEqual([500, 'internal', undefined, false]);
    expect(of('secret')).toEqual([500, 'internal', undefined, false]);
  });

  test('every answer carries the security headers', async () => {
    for (const url of ['/v1/health', '/v1/alerts', '/v1/nothing']) {
      const { headers } = await serve.ask('GET', url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    }
  });
});
