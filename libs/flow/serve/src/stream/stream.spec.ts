import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { get, type IncomingMessage } from 'node:http';
import { anAlert } from '@outrider/domain/detection/testing';
import { anEnforcement } from '@outrider/domain/response/testing';
import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import { Change } from '@outrider/contracts/topics/change';
import { bearer, NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';
import { ChangeRing } from './change-ring.ts';
import { LiveStream } from './live-stream.ts';
import { StreamController } from './stream.controller.ts';

let serve: ServeApp;
let url: string;
const open: IncomingMessage[] = [];
beforeEach(async () => {
  serve = await serveApp();
  await serve.app.listen(0, '127.0.0.1');
  url = await serve.app.getUrl();
});
afterEach(async () => {
  for (const response of open.splice(0)) response.destroy();
  await serve.close();
});

/** A reading client: what it got so far, and a wait for a text with a bound. */
const listen = async (query = '', headers: Record<string, string> = {}, token = tokenOf('viewer')) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/v1/stream${query}`, { headers: { ...bearer(token), ...headers } }, resolve).on('error', reject);
  });
  open.push(response);
  let text = '';
  let ended = false;
  const waiting = new Set<() => void>();
  const told = (): void => {
    for (const check of waiting) check();
  };
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    told();
  });
  response.on('close', () => {
    ended = true;
    told();
  });
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain; got: ${text}`)), 5_000);
      const check = (): void => {
        if (!done()) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    response,
    text: () => text,
    messages: () =>
      text
        .split('\n\n')
        .filter((part) => part.includes('\nevent: '))
        .map((part) => ({
          id: /^id: (.+)$/m.exec(part)?.[1] ?? '',
          event: /^event: (.+)$/m.exec(part)?.[1],
          data: JSON.parse(/^data: (.+)$/m.exec(part)?.[1] ?? 'null') as { id?: string },
        })),
    has: (part: string) => until(() => text.includes(part)),
    ended: () => until(() => ended),
  };
};

const change = (kind: 'alert' | 'enforcement', id: string, tenant = 'default') =>
  serve.app.get(StreamController).change({
    topic: 'outrider.changes.v1',
    partition: 0,
    offset: 0,
    key: id,
    value: Buffer.from(JSON.stringify({ v: 1, tenant, kind, id, revision: 1, change: 'opened', at: NOW })),
    headers: {},
    appendedAt: NOW,
    plannedThrough: undefined,
    plan: () => Promise.resolve(),
  });

const openAlert = async (overrides: Parameters<typeof anAlert>[0] = {}) => {
  const alert = anAlert({
    entity: { kind: 'ip', id: `203.0.113.${serve.fakes.alerts.alerts.size}`, name: 'x' },
    ...overrides,
  });
  await serve.fakes.alerts.insert(alert);
  return alert;
};

describe('the live stream', () => {
  test('sends the whole row of every change of the tenant, and of no other', async () => {
    const client = await listen();
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    await client.has(': connected');
    const foreign = await openAlert({ tenant: 'other' });
    await change('alert', foreign.id, 'other');
    const alert = await openAlert({ explanation: 'two\nlines' });
    await change('alert', alert.id);
    const enforcement = anEnforcement();
    serve.fakes.enforcements.records.set(enforcement.id, { ...enforcement, saved: { old: 1 }, revision: 1 });
    await change('enforcement', enforcement.id);
    await client.has(enforcement.id);
    expect(client.messages().map(({ event, data }) => [event, data])).toEqual([
      ['alert', alert],
      ['enforcement', enforcement],
    ]);
    expect(client.text()).not.toContain(foreign.id);
  });

  test('filters by kind, type and severity', async () => {
    const severe = await listen('?severity=high&kinds=alert&type=brute-force');
    await severe.has(': connected');
    await change('alert', (await openAlert({ severity: 'low', type: 'brute-force' })).id);
    await change('alert', (await openAlert({ severity: 'critical' })).id);
    const wanted = await openAlert({ severity: 'critical', type: 'brute-force' });
    await change('alert', wanted.id);
    await severe.has(wanted.id);
    expect(severe.messages().map(({ data }) => data.id)).toEqual([wanted.id]);
  });

  test('a client that comes back gets what it missed, each row once; one that was away too long is told to read again', async () => {
    const first = await listen();
    await first.has(': connected');
    const [a, b] = [await openAlert(), await openAlert()];
    await change('alert', a.id);
    await first.has(a.id);
    const lastId = first.messages().at(-1)?.id ?? '';
    first.response.destroy();
    for (let i = 0; i < 3; i++) await change('alert', b.id);
    const back = await listen('', { 'last-event-id': lastId });
    await back.has(b.id);
    const marker = await openAlert();
    await change('alert', marker.id);
    await back.has(marker.id);
    expect(back.messages().map(({ data }) => data.id)).toEqual([b.id, marker.id]);
    const stranger = await listen('', { 'last-event-id': 'zzz-7' });
    await stranger.has('event: resync');
  });

  test('needs a token', async () => {
    const nobody = await listen('', {}, 'wrong');
    expect([nobody.response.statusCode, nobody.response.headers['content-type']]).toEqual([
      401,
      'application/problem+json',
    ]);
  });

  test('ends when the process stops', async () => {
    const client = await listen();
    await client.has(': connected');
    await serve.lifecycle.stop();
    await client.ended();
  });

  test('what is no change goes to the dead letters and is counted', async () => {
    await expect(serve.app.get(LiveStream).take(Buffer.from('{'))).rejects.toBeInstanceOf(PermanentError);
    await expect(serve.app.get(LiveStream).take(Buffer.from('{"v":2}'))).rejects.toBeInstanceOf(PermanentError);
    expect(await serve.fakes.metrics.text()).toContain('outrider_serve_changes_unreadable_total 2');
  });
});

describe('bounds of the live stream', () => {
  const small = { clients: 3, clientsATenant: 2, bufferedBytes: 2_000, remembered: 10, heartbeatMs: 5 };
  const fakeResponse = (writableLength: number) => {
    const written: string[] = [];
    const response = {
      writableLength,
      writeHead: () => response,
      on: () => response,
      write: (text: string) => written.push(text),
      end: () => written.push('END'),
      destroy: () => written.push('DESTROYED'),
    };
    return { written, response: response as never };
  };
  const streamOf = () =>
    new LiveStream(
      serve.fakes.alerts,
      serve.fakes.enforcements,
      { debug: () => undefined, warn: () => undefined } as never,
      serve.fakes.metrics,
      'e',
      small,
    );
  const client = (
    response: never,
    tenant = 'default',
    stillAllowed: () => Promise<unknown> = () => Promise.resolve(),
  ) => ({ tenant, query: {}, response, stillAllowed });
  const changeOf = (id: string) =>
    Buffer.from(
      JSON.stringify({ v: 1, tenant: 'default', kind: 'alert', id, revision: 1, change: 'x', at: 0 } satisfies Change),
    );

  test('a slow client is cut off and counted; the others go on', async () => {
    const stream = streamOf();
    const [slow, quick] = [fakeResponse(0), fakeResponse(0)];
    await stream.add(client(slow.response), undefined);
    await stream.add(client(quick.response), undefined);
    Object.assign(slow.response, { writableLength: 1_999 });
    const alert = await openAlert();
    await stream.take(changeOf(alert.id));
    expect(slow.written.at(-1)).toBe('DESTROYED');
    expect(quick.written.at(-1)).toContain(alert.id);
    expect(await serve.fakes.metrics.text()).toContain('outrider_serve_stream_closed_total{reason="slow"} 1');
  });

  test('a tenant has a bounded number of clients, and so has the process', async () => {
    const stream = streamOf();
    for (let i = 0; i < 2; i++) await stream.add(client(fakeResponse(0).response), undefined);
    await expect(stream.add(client(fakeResponse(0).response), undefined)).rejects.toMatchObject({ status: 429 });
    await stream.add(client(fakeResponse(0).response, 'other'), undefined);
    await expect(stream.add(client(fakeResponse(0).response, 'third'), undefined)).rejects.toMatchObject({
      status: 429,
    });
  });

  test('ends when its token is not valid any more, and outlives a store that is away', async () => {
    const stream = streamOf();
    const [removed, away] = [fakeResponse(0), fakeResponse(0)];
    await stream.add(
      client(removed.response, 'default', () => Promise.reject(new CallerError('x', 'unauthenticated', 401))),
      undefined,
    );
    await stream.add(
      client(away.response, 'default', () => Promise.reject(new TransientError('away'))),
      undefined,
    );
    const ended = new Promise<void>((resolve) => {
      Object.assign(removed.response, { end: () => resolve() });
    });
    stream.start();
    await ended;
    stream.stop();
    expect(away.written.filter((text) => text === 'END')).toHaveLength(1);
    expect(await serve.fakes.metrics.text()).toContain('outrider_serve_stream_closed_total{reason="token"} 1');
  });

  test('the ring forgets the oldest and never claims to know what it forgot', () => {
    const ring = new ChangeRing('e', 3);
    const add = (id: string) => ring.add({ v: 1, tenant: 't', kind: 'alert', id, revision: 1, change: 'x', at: 0 });
    expect(ring.since('e-0')).toEqual([]);
    for (const id of ['a', 'b', 'c', 'b', 'd']) add(id);
    expect(ring.since('e-1')).toBeUndefined();
    expect(ring.since('e-2')?.map((n) => n.change.id)).toEqual(['c', 'b', 'd']);
    expect(ring.since('e-5')).toEqual([]);
    for (const id of ['e-6', 'f-2', 'e-', 'e--1', '', 'e-99999999999999999']) expect(ring.since(id)).toBeUndefined();
  });
});
