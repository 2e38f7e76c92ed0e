import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Health } from '@outrider/contracts/http/health';
import { aSnapshot } from '@outrider/domain/gateway/testing';
import { NOTHING_REMEMBERED } from '@outrider/domain/gateway/watch-memory';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

let serve: ServeApp;
const ADMIN = { token: tokenOf('admin') };
beforeEach(async () => {
  serve = await serveApp();
});
afterEach(() => serve.close());

describe('health and metrics', () => {
  const reopen = async (options: Parameters<typeof serveApp>[0]) => {
    await serve.close();
    serve = await serveApp(options);
  };

  test('nobody learns more than what kind of part does not run; a known caller learns all', async () => {
    await reopen({
      health: [
        { name: 'event-store', check: () => Promise.reject(new Error('password=x at 10.0.0.1')) },
        {
          name: 'kong:secret-gateway',
          required: false,
          check: () => Promise.resolve({ ok: false, detail: 'no answer' }),
        },
      ],
      sources: () => [
        {
          tenant: 'default',
          gateway: 'default',
          refused: { 'not-json': 2 },
          lastSeenAt: NOW - 1_000,
          lastEventAt: NOW - 3_000,
          perSecond: 2,
        },
      ],
    });
    const open = await serve.ask('GET', '/v1/health');
    expect([open.status, open.json()]).toEqual([503, { status: 'unavailable', notReady: ['event-store'] }]);
    const known = await serve.ask('GET', '/v1/health', ADMIN);
    const health = Health.parse(known.json());
    expect(known.status).toBe(503);
    expect(health).toMatchObject({
      version: '0.0.0-test',
      busPressure: 0,
      sources: [
        {
          gateway: 'default',
          lagSeconds: 2,
          silentSeconds: 1,
          ratePerMinute: 120,
          refused: [{ reason: 'not-json', count: 2 }],
          adminConfigured: true,
        },
      ],
    });
    expect(health.checks?.map((c) => [c.name, c.ok])).toEqual([
      ['start', true],
      ['event-store', false],
      ['kong:secret-gateway', false],
    ]);
    expect(known.text).not.toContain('password');
  });

  test('a part that is not required does not make it unready; before start and after stop it is not ready', async () => {
    await reopen({ health: [{ name: 'kong:x', required: false, check: () => Promise.resolve({ ok: false }) }] });
    expect([
      (await serve.ask('GET', '/v1/health')).status,
      (await serve.ask('GET', '/v1/health')).json()['status'],
    ]).toEqual([200, 'degraded']);
    await serve.lifecycle.stop();
    expect((await serve.ask('GET', '/v1/health')).json()).toEqual({ status: 'unavailable', notReady: ['start'] });
  });

  test('parts are asked at most once a second, whoever asks', async () => {
    let asked = 0;
    await reopen({ health: [{ name: 'x', check: () => Promise.resolve({ ok: ++asked > 0 }) }] });
    for (let i = 0; i < 20; i++) await serve.ask('GET', '/v1/health');
    expect(asked).toBe(1);
    serve.fakes.clock.at += 1_000;
    await serve.ask('GET', '/v1/health');
    expect(asked).toBe(2);
  });

  test('shows of each gateway when its configuration was last read whole, and since when it cannot be', async () => {
    const memory = { ...NOTHING_REMEMBERED, failing: { since: NOW - 60_000, looks: 4 } };
    await serve.fakes.snapshots.save('default', 'default', { snapshot: aSnapshot([]), memory, seenAt: NOW - 75_000 });
    const watchFor = async (tenant: string) =>
      Health.parse((await serve.ask('GET', '/v1/health', { token: tokenOf('admin', tenant) })).json()).sources?.map(
        ({ configWatch }) => configWatch,
      );
    expect(await watchFor('default')).toEqual([
      { lastLookAt: NOW - 75_000, failingSince: NOW - 60_000, failedLooks: 4 },
    ]);
    expect(await watchFor('other')).toEqual([{ lastLookAt: null, failingSince: null, failedLooks: 0 }]);
    expect((await serve.ask('GET', '/v1/health')).text).not.toContain('configWatch');
  });

  test('metrics need a token unless they are made public', async () => {
    expect((await serve.ask('GET', '/metrics')).status).toBe(401);
    const answer = await serve.ask('GET', '/metrics', { token: tokenOf('viewer') });
    expect([
      answer.status,
      answer.headers['content-type'],
      answer.text.includes('outrider_serve_authentications_total'),
    ]).toEqual([200, expect.stringContaining('text/plain'), true]);
    await reopen({ publicMetrics: true });
    expect((await serve.ask('GET', '/metrics')).status).toBe(200);
    expect((await serve.ask('GET', '/v1/me')).status).toBe(401);
  });

  test('the documentation page works without the network', async () => {
    const page = await serve.ask('GET', '/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.text).not.toMatch(/(?:src|href)="https?:/);
    expect((await serve.ask('GET', '/docs/swagger-ui-bundle.js')).status).toBe(200);
    expect((await serve.ask('GET', '/v1/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' });
  });
});
