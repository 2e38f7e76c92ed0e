import { expect, test } from '@jest/globals';
import type { EventExplanation } from '@outrider/domain/detection/explanation';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { FakeEndpointStore } from '@outrider/testing/fakes/endpoint-store.fake';
import { CallerHistory } from '../baseline/caller-history.ts';
import { ALL_TIME } from '../baseline/teaching-time.ts';
import { DetectSettings } from '../settings.ts';
import { StoredExplainer } from './stored-explainer.ts';
import { TenantKnowledge } from './tenant-knowledge.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const documented = (template: string) => ({
  method: 'GET',
  template,
  hosts: [],
  deprecated: false,
  operationId: '',
  document: 'Users API',
});

const anExplainer = (store = new FakeEndpointStore(), problems: unknown[] = []) => {
  const baselines = { load: async (_caller: unknown, block: number) => new CallerHistory(block, block) };
  const knowledge = new TenantKnowledge(store, (error) => problems.push(error));
  const settings = DetectSettings.parse({});
  const explainer = new StoredExplainer({ settings, baselines, teaching: ALL_TIME, rules: () => [], knowledge });
  const explain = (event: ApiEvent, before: readonly ApiEvent[] = []): Promise<EventExplanation> =>
    explainer.explain({ event, before, truncated: false, controls: { overrides: [], exceptions: [] } });
  return { store, explain };
};
const on = (path: string, startedAt = AT): ApiEvent => anApiEvent({ path, pathTemplate: path, startedAt });
const templateOf = ({ read }: EventExplanation) => read.find(({ name }) => name === 'template')?.value;
const verdictOn = (explanation: EventExplanation, type: string) =>
  explanation.detectors.find((one) => one.type === type);

test('an event is explained with the template that was learned of it, as analyzers have it', async () => {
  const { store, explain } = anExplainer();
  const event = on('/users/anna');
  expect(templateOf(await explain(event))).toBe('/users/anna');
  const { tenant, gateway, serviceId: service, host } = event;
  const templates = [{ method: 'GET', template: '/users/{name}', places: 'no' }];
  const scope = { tenant, gateway, service, host, snapshot: new Uint8Array(), differs: true, templates };
  await store.saveLearning({ cursor: 1, scopes: [scope], endpoints: [], changes: [], appliedCorrections: [] });
  expect(templateOf(await explain(event))).toBe('/users/{name}');
});

test('an endpoint that is in none of the imported documents of the tenant is told as such', async () => {
  const { store, explain } = anExplainer();
  const known = Array.from({ length: 30 }, (_, i) => on('/users', AT + i * 600_000));
  const hidden = Array.from({ length: 30 }, (_, i) => on('/internal/dump', AT + i * 600_000 + 1));
  const before = [...known, ...hidden].sort((a, b) => a.startedAt - b.startedAt);
  const last = on('/internal/dump', AT + 30 * 600_000);
  const document = { title: 'Users', gateway: '', service: '', endpoints: [documented('/users')] };
  await store.importDocument('other', document, 'ann');
  expect(verdictOn(await explain(last, before), 'shadow-endpoint')?.outcome).toBe('unconcerned');
  await store.importDocument('default', document, 'ann');
  expect(verdictOn(await explain(last, before), 'shadow-endpoint')).toMatchObject({ outcome: 'concerned' });
});

test('templates that cannot be read are those of before, and the answer comes', async () => {
  const problems: unknown[] = [];
  const away = new Error('the store is away');
  class AwayStore extends FakeEndpointStore {
    override async templatesVersion(): Promise<number> {
      throw away;
    }
  }
  const { explain } = anExplainer(new AwayStore(), problems);
  expect(templateOf(await explain(on('/users/anna')))).toBe('/users/anna');
  expect(problems).toEqual([away]);
});
