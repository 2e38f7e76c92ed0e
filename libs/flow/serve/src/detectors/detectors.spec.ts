import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DetectorDetail, DetectorView } from '@outrider/contracts/http/detection-controls';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { NOW, serveApp, tokenOf, type ServeApp } from '../testing/serve-app.ts';

const DAY = 86_400_000;
let app: ServeApp;
beforeAll(async () => {
  app = await serveApp();
});
afterAll(() => app.close());

const override = (type: string, body: unknown, query = '', token = tokenOf('admin')) =>
  app.ask('PUT', `/v1/detectors/${type}/override${query}`, { token, body });
const one = async (type: string, token = tokenOf('viewer')) =>
  (await app.ask('GET', `/v1/detectors/${type}`, { token })).json<DetectorDetail>();

describe('detectors', () => {
  test('show the settings and the state in force, and every override', async () => {
    expect(await one('endpoint-probing')).toMatchObject({ state: 'on', settings: { limit: 15 }, overrides: [] });
    expect((await override('endpoint-probing', { settings: { limit: 40 } })).status).toBe(200);
    await override('endpoint-probing', { state: 'simulated', reason: 'trial' }, '?service=pay');
    const detector = await one('endpoint-probing');
    expect(detector).toMatchObject({ state: 'on', settings: { limit: 40 }, facts: { type: 'endpoint-probing' } });
    expect(detector.overrides.map(({ service, state, updatedBy }) => [service, state, updatedBy])).toEqual([
      ['', null, 'admin@default'],
      ['pay', 'simulated', 'admin@default'],
    ]);
    expect(await one('endpoint-probing', tokenOf('viewer', 'other'))).toMatchObject({
      settings: { limit: 15 },
      overrides: [],
    });
  });

  test.each([
    [{ settings: { limit: 400 } }, 'settings.limit'],
    [{ settings: { limits: 4 } }, 'settings.limits'],
    [{ state: 'of' }, 'state'],
    [{}, 'state'],
    [{ state: 'off', setings: {} }, ''],
  ])('%j is refused, and %s is named', async (body, path) => {
    const answer = await override('injection-probing', body);
    expect([answer.status, answer.json<{ errors: { path: string }[] }>().errors[0]?.path]).toEqual([400, path]);
    expect((await one('injection-probing')).overrides).toEqual([]);
  });

  test('a rule can be off without being in the catalogue, and cannot be tuned; an unknown slug is not found', async () => {
    expect((await override('rule:mine', { state: 'off' })).status).toBe(200);
    expect((await override('rule:mine', { settings: { limit: 4 } })).status).toBe(400);
    expect((await override('silent-source', { state: 'off' })).status).toBe(404);
    expect((await override('no-such-thing', { state: 'off' })).status).toBe(400);
    const list = await app.ask('GET', '/v1/detectors?state=off', { token: tokenOf('viewer') });
    expect(list.json<{ data: DetectorView[] }>().data.map(({ type }) => type)).toEqual(['rule:mine']);
  });

  test('an override is taken back for its scope alone, by admins alone', async () => {
    await override('injection-probing', { state: 'off' }, '?service=pay&route=r');
    const remove = (query: string, token = tokenOf('admin')) =>
      app.ask('DELETE', `/v1/detectors/injection-probing/override${query}`, { token });
    expect((await remove('?service=pay&route=r', tokenOf('analyst'))).status).toBe(403);
    expect((await remove('?service=pay')).status).toBe(404);
    expect((await remove('?service=pay&route=r', tokenOf('admin', 'other'))).status).toBe(404);
    expect((await remove('?service=pay&route=r')).status).toBe(204);
  });
});

describe('exceptions', () => {
  const body = {
    types: ['endpoint-probing'],
    match: { entity: { kind: 'consumer', id: 'scanner' }, endpoint: '* /reports/*' },
    reason: 'our own scanner',
    until: NOW + DAY,
  };
  const add = (over: object = {}, token = tokenOf('analyst')) =>
    app.ask('POST', '/v1/exceptions', { token, body: { ...body, ...over } });

  test('are made, listed in pages, changed and removed, and name who made them', async () => {
    const made = (await add()).json<{ id: string }>();
    expect(made).toMatchObject({ ...body, match: { ...body.match, cidr: null }, createdBy: 'analyst@default' });
    const url = `/v1/exceptions/${made.id}`;
    const token = tokenOf('analyst');
    expect((await app.ask('PUT', url, { token, body: { ...body, until: NOW + 2 * DAY } })).json()).toMatchObject({
      id: made.id,
      until: NOW + 2 * DAY,
    });
    await add({ reason: 'second' });
    const list = (more = '') => app.ask('GET', `/v1/exceptions?limit=1${more}`, { token: tokenOf('viewer') });
    const first = (await list()).json<{ data: { reason: string }[]; next: string }>();
    const rest = (await list(`&cursor=${first.next}`)).json<{ data: { reason: string }[]; next: null }>();
    expect([first.data[0]?.reason, rest.data[0]?.reason, rest.next]).toEqual(['second', 'our own scanner', null]);
    const foreign = tokenOf('admin', 'other');
    expect((await app.ask('PUT', url, { token: foreign, body })).status).toBe(404);
    expect((await app.ask('DELETE', url, { token: foreign })).status).toBe(404);
    expect((await app.ask('DELETE', url, { token })).status).toBe(204);
    expect((await app.ask('GET', url, { token })).status).toBe(404);
  });

  test.each<[string, object, string]>([
    ['without a reason', { reason: '' }, 'reason'],
    ['of nobody', { match: {} }, 'match'],
    ['with a misspelt condition', { match: { entity: body.match.entity, ciddr: '10.0.0.0/8' } }, 'match'],
    ['from no range', { match: { cidr: '10.0.0.0/33' } }, 'match.cidr'],
    ['at no endpoint', { match: { endpoint: '/reports' } }, 'match.endpoint'],
    ['that has ended', { until: NOW }, 'until'],
    ['for longer than a year', { until: NOW + 367 * DAY }, 'until'],
  ])('one %s is refused', async (_name, over, path) => {
    const answer = await add(over);
    expect([answer.status, answer.json<{ errors: { path: string }[] }>().errors[0]?.path]).toEqual([400, path]);
  });

  test('are not for viewers to make', async () => {
    expect((await add({}, tokenOf('viewer'))).status).toBe(403);
  });
});

describe('an explanation', () => {
  test("is asked with the caller's past day in order, and the tenant's own decisions alone", async () => {
    const { fakes } = app;
    const at = NOW - 3_600_000;
    const event = anApiEvent({ startedAt: at });
    const past = [3, 1, 2].map((n) => anApiEvent({ startedAt: at - n * 1_000 }));
    const tooOld = anApiEvent({ startedAt: at - 2 * DAY });
    const ofOthers = anApiEvent({ startedAt: at - 1_000, consumerId: '99999999-1111-4111-8111-111111111111' });
    fakes.events.events.push(event, ...past, tooOld, ofOthers, anApiEvent({ startedAt: at + 9_000 }));
    await fakes.detectionControls.putOverride(
      'other',
      { type: 'brute-force', service: '', route: '', state: 'off', settings: {}, reason: '' },
      'x',
    );
    const url = `/v1/events/default:${event.id}/explanation`;
    const answer = await app.ask('GET', url, { token: tokenOf('viewer') });
    expect(answer.status).toBe(200);
    const asked = fakes.explainer.asked.at(-1);
    expect(asked?.before.map(({ startedAt }) => at - startedAt)).toEqual([3_000, 2_000, 1_000, 0]);
    expect(asked?.controls.overrides.some(({ tenant }) => tenant === 'other')).toBe(false);
    expect((await app.ask('GET', url, { token: tokenOf('admin', 'other') })).status).toBe(404);
  });
});
