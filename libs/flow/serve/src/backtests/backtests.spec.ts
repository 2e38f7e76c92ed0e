import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Backtest } from '@outrider/domain/detection/backtest';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

const DAY_MS = 86_400_000;
let app: ServeApp;
beforeAll(async () => {
  app = await serveApp();
});
afterAll(() => app.close());

const change = { kind: 'rule', rule: 'id: x' };
const start = (body: unknown, token = tokenOf('analyst')) => app.ask('POST', '/v1/backtests', { token, body });

describe('backtests', () => {
  test('are taken up with 202, over the last seven days unless a range is given, in the name of the caller', async () => {
    const answer = await start({ change });
    expect(answer.status).toBe(202);
    expect(Backtest.parse(answer.json())).toMatchObject({ state: 'waiting', change, startedBy: 'analyst@default' });
    const { range, tenant, maxEvents } = app.fakes.backtester.requests.at(-1) ?? {};
    expect([tenant, maxEvents, (range?.to ?? 0) - (range?.from ?? 0)]).toEqual(['default', undefined, 7 * DAY_MS]);
    await start({ change, from: '-2d', to: '-1d', maxEvents: 5_000 });
    expect(app.fakes.backtester.requests.at(-1)).toMatchObject({
      range: { from: NOW - 2 * DAY_MS, to: NOW - DAY_MS },
      maxEvents: 5_000,
    });
  });

  test('are listed without their results, in pages, and shown whole', async () => {
    const token = tokenOf('viewer');
    const page = (await app.ask('GET', '/v1/backtests?limit=1', { token })).json<{
      data: { id: string }[];
      next: string;
    }>();
    expect([page.data.length, 'result' in (page.data[0] ?? {}), page.next === null]).toEqual([1, false, false]);
    const one = await app.ask('GET', `/v1/backtests/${page.data[0]?.id}`, { token });
    expect(Backtest.parse(one.json()).id).toBe(page.data[0]?.id);
    const foreign = await app.ask('GET', `/v1/backtests/${page.data[0]?.id}`, { token: tokenOf('admin', 'other') });
    expect(foreign.status).toBe(404);
  });

  test.each([
    [{ change, maxEvents: 20_000_001 }, 'maxEvents'],
    [{ change, maxEvents: 10 }, 'maxEvents'],
    [{ change, from: 'yesterday' }, 'from'],
    [{ change, from: '-1d', to: '-2d' }, 'from'],
    [{ change: { kind: 'rule', rule: 'x', inplace: 'y' } }, 'change'],
    [{ change: { kind: 'detector', type: 'nothing', settings: {} } }, 'change.type'],
    [{ change: { kind: 'policy', policy: { name: 'x', actions: [] } } }, 'change.policy.actions'],
    [{ change, for: 'all' }, ''],
  ])('%j is refused, and %s is named', async (body, path) => {
    const asked = app.fakes.backtester.requests.length;
    const answer = await start(body);
    expect([answer.status, answer.json<{ errors: { path: string }[] }>().errors[0]?.path]).toEqual([400, path]);
    expect(app.fakes.backtester.requests).toHaveLength(asked);
  });
});
