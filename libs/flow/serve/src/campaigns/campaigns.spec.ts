import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

interface Listed {
  readonly data: readonly { readonly id: string; readonly title: string; readonly severity: string }[];
  readonly next: string | null;
}

const MINUTE_MS = 60_000;
const VIEWER = { token: tokenOf('viewer') };
const bot = { kind: 'consumer', id: 'b07', name: 'billing-bot' } as const;
const address = { kind: 'ip', id: '192.0.2.7', name: '192.0.2.7' } as const;
let serve: ServeApp;
let first: Alert;

beforeEach(async () => {
  serve = await serveApp();
  first = anAlert({ type: 'object-enumeration', entity: bot, openedAt: NOW - 30 * MINUTE_MS, severity: 'medium' });
  const campaignId = first.id;
  for (const alert of [
    first,
    anAlert({ campaignId, type: 'scraping', entity: bot, openedAt: NOW - 20 * MINUTE_MS, severity: 'high' }),
    anAlert({ campaignId, type: 'brute-force', entity: address, openedAt: NOW - 9 * MINUTE_MS, state: 'resolved' }),
    anAlert({ entity: address, openedAt: NOW - 5 * MINUTE_MS, state: 'resolved', severity: 'low' }),
  ])
    await serve.fakes.alerts.insert(alert);
});
afterEach(() => serve.close());

const list = async (query = ''): Promise<Listed> => {
  const answer = await serve.ask('GET', `/v1/campaigns${query}`, VIEWER);
  expect([query, answer.status]).toEqual([query, 200]);
  return answer.json<Listed>();
};
const ids = async (query: string): Promise<string[]> => (await list(query)).data.map(({ id }) => id);

describe('campaigns over HTTP', () => {
  test('are shown as one story each, newest first, with a title that says what and whom', async () => {
    const { data } = await list();
    expect(data).toHaveLength(2);
    expect(data[0]).toMatchObject({ title: 'request-spike on address 192.0.2.7', severity: 'low', state: 'resolved' });
    expect(data[1]).toMatchObject({
      id: first.id,
      title: '3 detectors on consumer billing-bot and 1 more: brute-force, object-enumeration, scraping',
      // three families of abuse: one step above the worst alert
      severity: 'critical',
      state: 'open',
      alerts: 3,
      openedAt: NOW - 30 * MINUTE_MS,
      entities: [bot, address],
      simulated: false,
    });
  });

  test('are found by state, type, severity and anyone in them, and paged without repeats', async () => {
    const [other] = (await ids('?state=resolved')).slice(0, 1);
    expect(await ids('?state=open')).toEqual([first.id]);
    expect(await ids('?type=scraping')).toEqual([first.id]);
    expect(await ids('?severity=high')).toEqual([first.id]);
    expect(await ids('?entityKind=ip&entityId=192.0.2.7')).toEqual([other, first.id]);
    expect(await ids('?entityKind=consumer&entityId=b07')).toEqual([first.id]);
    const page = await list('?limit=1');
    expect(await ids(`?limit=1&cursor=${page.next}`)).toEqual([first.id]);
    expect((await serve.ask('GET', '/v1/campaigns?entityId=b07', VIEWER)).status).toBe(400);
  });

  test('one is answered with its alerts; nobody sees it in another tenant', async () => {
    const answer = await serve.ask('GET', `/v1/campaigns/${first.id}`, VIEWER);
    expect(answer.json()).toMatchObject({ campaign: { id: first.id, alerts: 3 }, alerts: [{}, {}, {}] });
    expect((await serve.ask('GET', `/v1/alerts?campaign=${first.id}`, VIEWER)).json<Listed>().data).toHaveLength(3);
    const other = { token: tokenOf('admin', 'other') };
    expect((await serve.ask('GET', `/v1/campaigns/${first.id}`, other)).status).toBe(404);
    expect((await serve.ask('GET', '/v1/campaigns', other)).json<Listed>().data).toEqual([]);
    expect((await serve.ask('GET', '/v1/campaigns/nobody', VIEWER)).status).toBe(400);
  });
});
