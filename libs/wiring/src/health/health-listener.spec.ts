import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { HealthListener } from './health-listener.ts';
import { HealthReport } from './health-report.ts';

const log = createLogger({ name: 'test', level: 'silent', pretty: false });
const waiting: string[] = [];
let now = 0;
let report: HealthReport;
let listener: HealthListener;
let url: string;

beforeEach(async () => {
  waiting.splice(0);
  report = new HealthReport({ waitingFor: waiting }, () => now);
  const metrics = new Metrics();
  metrics.counter('outrider_test_total', 'Test')();
  listener = new HealthListener({ report, metrics, log });
  url = `http://127.0.0.1:${await listener.listen(0, '127.0.0.1')}`;
});
afterEach(() => listener.stop());

const ready = async () => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: (await response.json()) as { status: string; notReady: string[] } };
};

describe('HealthListener', () => {
  it('lives and is not ready while it waits for an engine, and names it', async () => {
    waiting.push('PostgreSQL at db:5432');
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const { status, body } = await ready();
    expect([status, body]).toEqual([
      503,
      { status: 'starting', notReady: ['start'], waitingFor: ['PostgreSQL at db:5432'], checks: [] },
    ]);
  });

  it('is ready while all that it needs answers, whatever else does not; not while it stops', async () => {
    let away = false;
    report.running([
      {
        name: 'event-bus',
        check: () => (away ? Promise.reject(new Error('at 10.0.0.1: hunter2')) : Promise.resolve({ ok: true })),
      },
      { name: 'kong:default', required: false, check: () => Promise.resolve({ ok: false }) },
    ]);
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ready', notReady: [] } });
    away = true;
    expect((await ready()).status).toBe(200); // asked a moment ago
    now += 1_000;
    const { status, body } = await ready();
    expect([status, body.status, body.notReady]).toEqual([503, 'not-ready', ['event-bus']]);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|10\.0\.0\.1/);
    report.stopping();
    expect(await ready()).toMatchObject({ status: 503, body: { status: 'stopping' } });
    report.running([]);
    expect(await ready()).toMatchObject({ status: 503, body: { status: 'stopping' } });
  });

  it('serves metrics to GET and HEAD, and nothing else to anybody', async () => {
    const metrics = await fetch(`${url}/metrics`);
    expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining('outrider_test_total 1')]);
    expect(await (await fetch(`${url}/metrics`, { method: 'HEAD' })).text()).toBe('');
    expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`${url}/v1/alerts`)).status).toBe(404);
  });

  it('says which setting is wrong when its port is taken', async () => {
    const other = new HealthListener({ report, metrics: new Metrics(), log });
    await expect(other.listen(Number(new URL(url).port), '127.0.0.1')).rejects.toThrow(/HEALTH_PORT \d+ .*EADDRINUSE/);
  });
});
