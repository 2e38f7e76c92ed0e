import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { openTemporaryStore, type TemporaryStore } from '@outrider/clickhouse/testing/temporary-store';
import { storedRows } from '@outrider/clickhouse/testing/event-rows';
import type { TimelineItem } from '@outrider/contracts/http/entities';
import { anAlert } from '@outrider/domain/detection/testing';
import type { Enforcement } from '@outrider/domain/response/enforcement';
import { anEnforcement } from '@outrider/domain/response/testing';
import { anApiEvent } from '@outrider/domain/traffic/testing';
import { AccessTokenStore } from '@outrider/ports/access-store';
import { AlertStore } from '@outrider/ports/alert-store';
import { Clock, systemClock } from '@outrider/ports/clock';
import { EventStore } from '@outrider/ports/event-store';
import { DeliveryStore, WebhookStore } from '@outrider/ports/notification-store';
import { AuditLog, EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { startTestPostgres, type TestPostgres } from '@outrider/postgres/testing/test-postgres';
import { serveApp, type ServeApp } from '@outrider/serve/testing/serve-app';

const ALICE = { kind: 'consumer', id: '11111111-1111-4111-8111-111111111111', name: 'alice' } as const;
const SECRET = 'an-admin-token-of-the-test-0123456789';

let clickhouse: TemporaryStore;
let server: TestPostgres;
let postgres: Postgres;
let serve: ServeApp;
let start: number;
const ADMIN = { token: SECRET };
let foreign: { token: string };

beforeAll(async () => {
  [server, clickhouse] = await Promise.all([startTestPostgres(), openTemporaryStore()]);
  postgres = openPostgres({ url: server.url, max: 4, sealingKeys: [randomBytes(32)] });
  serve = await serveApp({}, [
    { provide: Clock, useValue: systemClock },
    { provide: EventStore, useValue: clickhouse.store },
    { provide: AlertStore, useValue: postgres.alerts },
    { provide: PolicyStore, useValue: postgres.policies },
    { provide: EnforcementStore, useValue: postgres.enforcements },
    { provide: AuditLog, useValue: postgres.audit },
    { provide: WebhookStore, useValue: postgres.webhooks },
    { provide: DeliveryStore, useValue: postgres.deliveries },
    { provide: AccessTokenStore, useValue: postgres.tokens },
  ]);
  serve.fakes.gateways.consumers.push({ id: ALICE.id, username: 'alice', custom_id: null, tags: null });
  await postgres.tokens.ensureAdmin('default', SECRET);
  foreign = {
    token: (await postgres.tokens.create('other', { name: 'spy', role: 'admin', expiresAt: null }, 'test')).secret,
  };
  start = Date.now() - 60_000;
  await plant();
});
afterAll(async () => {
  await serve?.close();
  await postgres?.close();
  await clickhouse?.remove();
  await server?.stop();
});

/** Forty events, a dozen alerts and enforcements of alice, many at one moment; and as many of another tenant's alice. */
const plant = async (): Promise<void> => {
  const moment = (i: number): number => start + Math.floor(i / 4) * 10;
  for (const tenant of ['default', 'other']) {
    const events = Array.from({ length: 40 }, (_, i) =>
      anApiEvent({ tenant, id: randomBytes(16).toString('hex'), startedAt: moment(i), consumerCustomId: 'customer 7' }),
    );
    await clickhouse.store.insertEvents({ rows: storedRows(events), token: `plant-${tenant}` });
    for (let i = 0; i < 12; i++) {
      await postgres.alerts.insert(
        anAlert({
          id: randomUUID(),
          tenant,
          entity: ALICE,
          openedAt: moment(i * 3),
          lastSeenAt: Date.now(),
          state: i === 0 ? 'open' : 'resolved',
        }),
      );
      const enforcement = anEnforcement({
        id: randomUUID(),
        tenant,
        entity: ALICE,
        createdAt: moment(i * 3),
        state: 'lifted',
        endsAt: null,
      });
      await postgres.enforcements.create({ ...enforcement, saved: { plugin: 'kept' }, revision: 1 }, 'test');
    }
  }
};

interface Paged<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}
const pages = async <T>(url: string): Promise<{ rows: T[]; count: number }> => {
  const rows: T[] = [];
  let count = 0;
  for (let cursor = '', next: string | null = ''; next !== null; cursor = `&cursor=${next}`) {
    const answer = await serve.ask('GET', `${url}${cursor}`, ADMIN);
    expect([url, answer.status]).toEqual([url, 200]);
    const page = answer.json<Paged<T>>();
    rows.push(...page.data);
    next = page.next;
    count++;
  }
  return { rows, count };
};

const nameOf = (item: TimelineItem): string =>
  item.kind === 'event' ? item.event.id : item.kind === 'alert' ? item.alert.id : item.enforcement.id;

describe('the API on ClickHouse and PostgreSQL', () => {
  test('a consumer’s timeline, put together from pages of any size in both orders, is the whole and only its own', async () => {
    const whole = (await pages<TimelineItem>('/v1/consumers/alice/timeline?limit=200')).rows;
    expect(whole.filter((i) => i.kind === 'event')).toHaveLength(40);
    expect(whole.filter((i) => i.kind === 'alert')).toHaveLength(12);
    expect(whole.filter((i) => i.kind === 'enforcement')).toHaveLength(12);
    for (const limit of [1, 3, 7]) {
      const { rows, count } = await pages<TimelineItem>(`/v1/consumers/${ALICE.id}/timeline?limit=${limit}`);
      expect(rows.map(nameOf)).toEqual(whole.map(nameOf));
      expect(count).toBe(Math.ceil(64 / limit));
      const oldest = (await pages<TimelineItem>(`/v1/consumers/alice/timeline?limit=${limit}&order=oldest`)).rows;
      expect(oldest.map(nameOf).sort()).toEqual(whole.map(nameOf).sort());
      expect(oldest.map((i) => i.at)).toEqual(whole.map((i) => i.at).reverse());
    }
    expect(JSON.stringify(whole)).not.toContain('"other"');
    expect(JSON.stringify(whole)).not.toContain('kept');
  });

  test('addresses and credentials have theirs, and events are found by id and by filters', async () => {
    const { rows } = await pages<{ id: string; clientIp: string; credentialId: string; tenant: string }>(
      '/v1/events?limit=9&method=GET&pathPrefix=/orders&statusTo=299',
    );
    expect([rows.length, new Set(rows.map((e) => e.id)).size, new Set(rows.map((e) => e.tenant))]).toEqual([
      40,
      40,
      new Set(['default']),
    ]);
    const [event] = rows;
    expect((await pages(`/v1/addresses/${event?.clientIp}/timeline?limit=200`)).rows).toHaveLength(40);
    expect((await pages(`/v1/credentials/${event?.credentialId}/timeline?limit=200`)).rows).toHaveLength(40);
    expect((await serve.ask('GET', `/v1/events/default:${event?.id}`, ADMIN)).json()).toEqual(event);
    expect((await serve.ask('GET', `/v1/events/default:${event?.id}`, foreign)).status).toBe(404);
    expect((await serve.ask('GET', '/v1/consumers?name=ALI', ADMIN)).json<Paged<object>>().data).toMatchObject([
      { entity: ALICE, requests: 40 },
    ]);
    expect((await serve.ask('GET', '/v1/consumers/alice', ADMIN)).json()).toMatchObject({
      entity: ALICE,
      traffic: { requests: 40 },
      alerts: [{ state: 'open' }],
    });
  });

  test('an enforcement by hand is made once a key, undone, and everything is in the audit list', async () => {
    const body = {
      action: { kind: 'block-consumer', durationSeconds: 60 },
      entity: { kind: 'consumer', id: 'alice' },
      reason: 'by hand',
    };
    const ask = () => serve.ask('POST', '/v1/enforcements', { ...ADMIN, body, headers: { 'idempotency-key': 'k' } });
    const both = await Promise.all([ask(), ask()]);
    expect(both.map((a) => a.status)).toEqual([202, 202]);
    const { id } = both[0].json<Enforcement>();
    expect(both[1].json<Enforcement>().id).toBe(id);
    const again = await serve.ask('POST', '/v1/enforcements', { ...ADMIN, body });
    expect([again.status, again.json()['code']]).toEqual([409, 'already-enforced']);
    expect((await serve.ask('POST', `/v1/enforcements/${id}/undo`, foreign)).status).toBe(404);
    expect((await serve.ask('POST', `/v1/enforcements/${id}/undo`, ADMIN)).json()).toMatchObject({ state: 'lifting' });
    expect([...serve.fakes.jobs.waiting.keys()].sort()).toEqual([`apply-${id}`, `lift-${id}`]);
    const audit = (await pages<{ act: string; subject: string }>('/v1/audit?limit=5')).rows;
    expect(audit.filter((a) => a.subject.includes(id)).length).toBeGreaterThanOrEqual(2);
    expect((await serve.ask('GET', '/v1/audit', foreign)).text).not.toContain(id);
  });

  test('alerts, policies, guard rails, webhooks and tokens keep what they are told', async () => {
    const [open] = (await pages<{ id: string }>('/v1/alerts?state=open')).rows;
    expect((await serve.ask('POST', `/v1/alerts/${open?.id}/acknowledge`, ADMIN)).json()).toMatchObject({
      state: 'acknowledged',
      revision: 2,
    });
    expect((await pages(`/v1/alerts?limit=5&entityKind=consumer&entityId=${ALICE.id}`)).rows).toHaveLength(12);
    const policy = (
      await serve.ask('POST', '/v1/policies', {
        ...ADMIN,
        body: { name: 'p', actions: [{ kind: 'block-address', durationSeconds: null }] },
      })
    ).json();
    expect((await serve.ask('GET', `/v1/policies/${String(policy['id'])}`, ADMIN)).json()).toEqual(policy);
    expect((await serve.ask('GET', `/v1/policies/${String(policy['id'])}`, foreign)).status).toBe(404);
    expect((await serve.ask('POST', `/v1/policies/${String(policy['id'])}/test`, ADMIN)).json()).toMatchObject({
      matchedCount: 1,
    });
    await serve.ask('POST', '/v1/guard-rails/never-block', { ...ADMIN, body: { kind: 'consumer', value: 'bob' } });
    expect((await serve.ask('GET', '/v1/guard-rails', ADMIN)).json()).toMatchObject({ neverBlock: [{ value: 'bob' }] });
    expect((await serve.ask('GET', '/v1/guard-rails', foreign)).json()).toMatchObject({ neverBlock: [] });
    const { webhook, secret } = (
      await serve.ask('POST', '/v1/webhooks', { ...ADMIN, body: { name: 'w', url: 'https://w.example' } })
    ).json<{ webhook: { id: string }; secret: string }>();
    const { deliveryId } = (await serve.ask('POST', `/v1/webhooks/${webhook.id}/test`, ADMIN)).json<{
      deliveryId: string;
    }>();
    const delivery = await serve.ask('GET', `/v1/deliveries/${deliveryId}`, ADMIN);
    expect(delivery.json()).toMatchObject({ delivery: { state: 'pending', event: 'webhook.test' }, attempts: [] });
    expect((await serve.ask('GET', `/v1/deliveries/${deliveryId}`, foreign)).status).toBe(404);
    expect((await serve.ask('GET', '/v1/audit?limit=200', ADMIN)).text).not.toContain(secret);
    const made = (await serve.ask('POST', '/v1/tokens', { ...ADMIN, body: { name: 't', role: 'viewer' } })).json<{
      token: { id: string };
      secret: string;
    }>();
    expect((await serve.ask('GET', '/v1/alerts', { token: made.secret })).status).toBe(200);
    expect((await serve.ask('DELETE', `/v1/tokens/${made.token.id}`, ADMIN)).status).toBe(204);
    expect((await serve.ask('GET', '/v1/alerts', { token: made.secret })).status).toBe(401);
  });

  test('text that is SQL, or that a store cannot hold, is text or a 400, never a 500', async () => {
    const odd = ["'; DROP TABLE alerts; --", "' OR '1'='1", '{x:String}', '\\', '%', '\ud800', '🦊', 'a\'b"c`d'];
    for (const text of odd) {
      const q = text === '\ud800' ? '%ED%A0%80' : encodeURIComponent(text);
      for (const url of [
        `/v1/events?pathPrefix=${q}`,
        `/v1/events?service=${q}`,
        `/v1/consumers?name=${q}`,
        `/v1/consumers/${q}/timeline`,
        `/v1/events?consumer=${q}`,
        `/v1/alerts?entityKind=consumer&entityId=${q}`,
        `/v1/enforcements?entityKind=ip&entityId=${q}`,
      ]) {
        const { status } = await serve.ask('GET', url, ADMIN);
        expect([url, [200, 400, 404].includes(status)]).toEqual([url, true]);
      }
      const made = await serve.ask('POST', '/v1/policies', {
        ...ADMIN,
        body: { name: text, description: `${text}\u0000`, actions: [{ kind: 'block-address', durationSeconds: 60 }] },
      });
      expect([text, [201, 400].includes(made.status)]).toEqual([text, true]);
    }
    expect((await pages('/v1/alerts?limit=50')).rows.length).toBe(12);
  });

  test('every cursor of a list can be used, and a cursor of one list is refused or harmless in another', async () => {
    const lists = ['/v1/alerts', '/v1/enforcements', '/v1/events', '/v1/consumers/alice/timeline', '/v1/audit'];
    const cursors = await Promise.all(
      lists.map(async (list) => (await serve.ask('GET', `${list}?limit=1`, ADMIN)).json<Paged<unknown>>().next),
    );
    for (const list of lists)
      for (const cursor of cursors) {
        const { status } = await serve.ask('GET', `${list}?limit=1&cursor=${cursor}`, ADMIN);
        expect([list, cursor, [200, 400].includes(status)]).toEqual([list, cursor, true]);
      }
  });
});
