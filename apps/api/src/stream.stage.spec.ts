import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { anAlert } from '@outrider/domain/detection/testing';
import type { LocalBus } from '@outrider/local-bus/local-bus';
import { connectGroup, GroupStrategy } from '@outrider/platform/bus/group-strategy';
import { aLocalBus, temporaryFolder } from '@outrider/local-bus/testing';
import { EventBus } from '@outrider/ports/event-bus';
import { bearer, serveApp, tokenOf, type ServeApp } from '@outrider/serve/testing/serve-app';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let bus: LocalBus;
let strategy: { close(): Promise<void> } | undefined;
let serve: ServeApp;

beforeAll(async () => {
  folder = await temporaryFolder();
  bus = await aLocalBus(folder.dir, { topics: { [CHANGES_TOPIC.name]: { groups: [] } } });
  serve = await serveApp({}, [{ provide: EventBus, useValue: bus }]);
  const group = new GroupStrategy(bus, CONSUMER_GROUPS.api, { durable: false });
  strategy = group;
  connectGroup(serve.app, group);
  await serve.app.startAllMicroservices();
  await serve.app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await strategy?.close();
  await serve?.close();
  await bus?.stop();
  await folder?.remove();
});

test('what an operator does to an alert reaches a listening client over the bus', async () => {
  const alert = anAlert();
  await serve.fakes.alerts.insert(alert);
  const aborted = new AbortController();
  const url = await serve.app.getUrl();
  const answer = await fetch(`${url}/v1/stream?kinds=alert`, {
    headers: bearer(tokenOf('viewer')),
    signal: aborted.signal,
  });
  expect(answer.status).toBe(200);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  const deadline = setTimeout(() => aborted.abort(new Error('nothing came over the stream')), 10_000);
  const acknowledged = await serve.ask('POST', `/v1/alerts/${alert.id}/acknowledge`, { token: tokenOf('analyst') });
  let text = '';
  while (!text.includes('event: alert')) text += (await reader?.read())?.value ?? '';
  clearTimeout(deadline);
  const data = /^data: (.+)$/m.exec(text)?.[1] ?? '{}';
  expect(JSON.parse(data)).toEqual(acknowledged.json());
  aborted.abort();
});
