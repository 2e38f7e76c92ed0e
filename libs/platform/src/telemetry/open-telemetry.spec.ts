import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenTelemetryTracer } from './open-telemetry.ts';
import { NoTraces } from './tracer.ts';

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
}

let server: Server;
let tracer: OpenTelemetryTracer;
let sent = '';
const spans = (): SentSpan[] =>
  sent
    .trim()
    .split('\n')
    .flatMap((body) => (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      sent += `${body}\n`;
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  tracer = new OpenTelemetryTracer({ serviceName: 'test', version: '1', instance: 'a', endpoint, share: 1 });
});
afterAll(async () => {
  await tracer.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('OpenTelemetryTracer', () => {
  it('follows one way through calls, timers and messages, and shows no text of an error', async () => {
    let headers: Readonly<Record<string, string>> = {};
    await tracer.span('publish', { kind: 'producer', attributes: { 'outrider.rows': 3 } }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      headers = tracer.headers();
    });
    await tracer.span('process', { kind: 'consumer', from: headers }, () =>
      tracer
        .span('store', { kind: 'client' }, () => Promise.reject(new RangeError('password=hunter2')))
        .catch(() => undefined),
    );
    await tracer.span('another', {}, () => Promise.resolve());
    expect(tracer.headers()).toEqual({});
    await tracer.stop();
    const [publish, store, process, another] = spans();
    expect([publish, store, process, another].map((span) => span?.name)).toEqual([
      'publish',
      'store',
      'process',
      'another',
    ]);
    expect(process?.traceId).toBe(publish?.traceId);
    expect(process?.parentSpanId).toBe(publish?.spanId);
    expect(store?.traceId).toBe(publish?.traceId);
    expect(store?.parentSpanId).toBe(process?.spanId);
    expect(another?.traceId).not.toBe(publish?.traceId);
    expect(store?.status).toEqual({ code: 2 });
    expect(store?.attributes).toEqual([{ key: 'error.type', value: { stringValue: 'RangeError' } }]);
    expect(headers['traceparent']).toBe(`00-${publish?.traceId}-${publish?.spanId}-01`);
    expect(sent).not.toContain('hunter2');
    expect(sent).toContain('"service.name"');
  });
});

describe('NoTraces', () => {
  it('calls the work and adds nothing to messages', async () => {
    const none = new NoTraces();
    expect(await none.span('x', {}, () => Promise.resolve(1))).toBe(1);
    expect(none.headers()).toEqual({});
  });
});
