import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiClient, ApiClientError } from '@outrider/contracts/http/api-client';
import { anAlert } from '@outrider/domain/detection/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { NOW, serveApp, tokenOf, type ServeApp } from './testing/serve-app.ts';

let serve: ServeApp;
let client: ApiClient;
let baseUrl: string;
beforeAll(async () => {
  serve = await serveApp();
  await serve.app.listen(0, '127.0.0.1');
  baseUrl = await serve.app.getUrl();
  client = new ApiClient({ baseUrl: `${baseUrl}/`, token: tokenOf('admin') });
});
afterAll(() => serve.close());

test('the client and the server agree on every call', async () => {
  const alert = anAlert({
    openedAt: NOW - 1,
    lastSeenAt: NOW - 1,
    entity: { kind: 'consumer', id: '11111111-1111-4111-8111-111111111111', name: 'alice' },
  });
  await serve.fakes.alerts.insert(alert);
  const event = anApiEvent({ startedAt: NOW - 5 });
  serve.fakes.events.events.push(event);
  const policy = await client.createPolicy({ name: 'p', actions: [{ kind: 'block-address', durationSeconds: null }] });
  expect((await client.policies()).data).toEqual([policy]);
  expect(await client.replacePolicy(policy.id, { name: 'q', actions: policy.actions })).toMatchObject({ name: 'q' });
  expect(await client.testPolicy(policy.id)).toMatchObject({ examined: 1 });
  expect(await client.policy(policy.id)).toMatchObject({ name: 'q' });
  expect(await client.removePolicy(policy.id)).toBeUndefined();
  expect((await client.alerts({ state: ['open', 'acknowledged'], limit: 10, from: '-1h' })).data).toHaveLength(1);
  expect(await client.alert(alert.id)).toEqual(alert);
  expect(await client.acknowledgeAlert(alert.id)).toMatchObject({ state: 'acknowledged' });
  expect(await client.resolveAlert(alert.id)).toMatchObject({ state: 'resolved' });
  const made = await client.enforce(
    { action: { kind: 'block-address', durationSeconds: 60 }, entity: { kind: 'ip', id: '203.0.113.9' }, reason: 'x' },
    'key',
  );
  expect(await client.enforcement(made.id)).toEqual(made);
  expect((await client.enforcements({ state: ['pending'] })).data).toEqual([made]);
  expect(await client.undoEnforcement(made.id)).toMatchObject({ id: made.id });
  expect((await client.entities('consumers', { name: 'ali' })).data).toHaveLength(1);
  expect(await client.entity('consumers', 'alice')).toMatchObject({ traffic: { requests: 1 } });
  expect(
    (await client.timeline('consumers', 'alice', { include: ['events', 'alerts'] })).data.map((i) => i.kind),
  ).toEqual(['alert', 'event']);
  expect((await client.events({ address: event.clientIp })).data).toEqual([event]);
  expect(await client.event(`default:${event.id}`)).toEqual(event);
  expect((await client.deadLetters()).data).toEqual([]);
  expect(await client.deadLetterCounts()).toEqual({ data: [], total: 0 });
  expect(await client.guardRails()).toMatchObject({ killSwitch: false });
  expect(await client.changeGuardRails({ capPerHour: 5 })).toMatchObject({ capPerHour: 5 });
  expect(await client.health()).toMatchObject({ status: 'ok', version: '0.0.0-test' });
  expect(await client.whoAmI()).toMatchObject({ role: 'admin' });
});

test('a refusal is told in the server’s words, with each field', async () => {
  const bad = client.createPolicy({ name: '', actions: [] });
  await expect(bad).rejects.toBeInstanceOf(ApiClientError);
  await expect(bad).rejects.toMatchObject({
    status: 400,
    code: 'invalid-request',
    message: expect.stringMatching(/name: .*\n {2}actions: /) as unknown,
  });
  await expect(new ApiClient({ baseUrl, token: 'wrong' }).alerts()).rejects.toMatchObject({
    status: 401,
    code: 'unauthenticated',
  });
});

test('a server that is away, late or none of ours is told apart', async () => {
  await expect(new ApiClient({ baseUrl: 'http://127.0.0.1:9' }).health()).rejects.toMatchObject({
    status: 0,
    code: 'unreachable',
  });
  const never: typeof fetch = (_url, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)));
  await expect(new ApiClient({ baseUrl, timeoutMs: 20, fetch: never }).health()).rejects.toMatchObject({
    status: 0,
    code: 'timeout',
  });
  const other =
    (status: number, text: string): typeof fetch =>
    () =>
      Promise.resolve(new Response(text, { status }));
  await expect(new ApiClient({ baseUrl, fetch: other(200, '<html>') }).alerts()).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
  await expect(new ApiClient({ baseUrl, fetch: other(502, 'bad gateway') }).alerts()).rejects.toMatchObject({
    status: 502,
    code: 'unexpected-answer',
  });
});
