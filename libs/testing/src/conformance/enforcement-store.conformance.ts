import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
import { anAlert } from '@outrider/domain/detection/testing';
import { anEnforcement } from '@outrider/domain/response/testing';
import { ConflictError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { EnforcementRecord, EnforcementStore, NewDelivery } from '@outrider/ports/response-store';

export interface EnforcementStores {
  readonly alerts: AlertStore;
  readonly enforcements: EnforcementStore;
  /** Ids of webhooks that exist in a tenant, for deliveries. */
  webhook(tenant: string): Promise<string>;
}

const T0 = 1_767_225_600_000;

/** What each implementation of EnforcementStore must do. `make` gives the stores; tenants keep the tests apart. */
export const enforcementStoreConformance = (name: string, make: () => EnforcementStores): void => {
  describe(`${name} as EnforcementStore`, () => {
    const openAlert = async ({ alerts }: EnforcementStores, overrides: Partial<Alert> = {}): Promise<Alert> => {
      const alert = anAlert({
        id: randomUUID(),
        tenant: `t-${randomUUID()}`,
        openedAt: T0,
        lastSeenAt: T0,
        ...overrides,
      });
      await alerts.insert(alert);
      return alert;
    };
    const candidate = (alert: Alert, overrides: Parameters<typeof anEnforcement>[0] = {}): EnforcementRecord => ({
      ...anEnforcement({
        id: randomUUID(),
        tenant: alert.tenant,
        entity: alert.entity,
        alertId: alert.id,
        policyId: randomUUID(),
        createdAt: T0,
        endsAt: T0 + 600_000,
        ...overrides,
      }),
      saved: null,
      revision: 1,
    });
    const commit = async (stores: EnforcementStores, alert: Alert, enforcements: EnforcementRecord[], cap = 100) =>
      (await stores.enforcements.commitEvaluation({ alert, enforcements, deliveries: [] }, cap)).enforcements;
    const by = { actor: 'tester', act: 'enforcement.test' };

    test('writes an evaluation once: again it answers nothing and changes nothing', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const record = candidate(alert);
      expect(await commit(stores, alert, [record])).toEqual([record]);
      expect(await commit(stores, alert, [{ ...record, id: randomUUID(), reason: 'again' }])).toEqual([]);
      expect(await stores.enforcements.find(alert.tenant, record.id)).toEqual(record);
      expect(await stores.enforcements.findById(record.id)).toEqual(record);
      expect(await stores.enforcements.find('somebody-else', record.id)).toBeUndefined();
      expect(await stores.enforcements.list({ tenant: alert.tenant, limit: 10 })).toHaveLength(1);
    });

    test('covers the revision that was evaluated, and not a newer one', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const waits = async (): Promise<boolean> =>
        (await stores.alerts.unevaluated(1_000)).some((a) => a.id === alert.id);
      expect(await waits()).toBe(true);
      await commit(stores, alert, []);
      expect(await waits()).toBe(false);
      await stores.alerts.save({ ...alert, revision: 2 });
      expect(await waits()).toBe(true);
      await commit(stores, { ...alert, revision: 2 }, []);
      await commit(stores, alert, []);
      expect(await waits()).toBe(false);
    });

    test('lets no more begin within an hour than the cap, and says why', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const records = ['block-consumer', 'rate-limit-consumer'].map((kind) =>
        candidate(alert, {
          action:
            kind === 'block-consumer'
              ? { kind, durationSeconds: 60 }
              : { kind: 'rate-limit-consumer', durationSeconds: 60, limits: { minute: 1 } },
        }),
      );
      const written = await commit(stores, alert, records, 1);
      expect(written.map((r) => r.state)).toEqual(['pending', 'refused']);
      expect(written[1]?.reason).toContain('cap of 1');
      expect(await stores.enforcements.countSince(alert.tenant, T0 - 1)).toBe(1);
      expect(await stores.enforcements.countSince(alert.tenant, T0)).toBe(0);
    });

    test('what was refused for the cap begins in its own row once there is room', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const record = candidate(alert);
      await commit(stores, alert, [record], 0);
      const [revived] = await commit(stores, alert, [{ ...record, id: randomUUID(), createdAt: T0 + 5 }], 1);
      expect(revived).toMatchObject({ id: record.id, state: 'pending', createdAt: T0 + 5, revision: 2 });
    });

    test('one is live on a target: a second is refused and the live one lasts until the later end', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const first = candidate(alert);
      await commit(stores, alert, [first]);
      const second = candidate(alert, { endsAt: T0 + 900_000 });
      const written = await commit(stores, alert, [second]);
      expect(written).toMatchObject([
        { id: second.id, state: 'refused' },
        { id: first.id, state: 'pending', endsAt: T0 + 900_000, revision: 2 },
      ]);
      expect(await commit(stores, alert, [candidate(alert, { endsAt: T0 + 800_000 })])).toHaveLength(1);
      expect(await stores.enforcements.findById(first.id)).toMatchObject({ endsAt: T0 + 900_000 });
      await expect(
        stores.enforcements.create(candidate(alert, { alertId: null, policyId: null }), 'tester'),
      ).rejects.toThrow(ConflictError);
    });

    test('is made anew when the alert goes on after its time was up, and left lifted when a person lifted it', async () => {
      for (const [liftedBy, again] of [
        ['outrider', 1],
        ['carol', 0],
      ] as const) {
        const stores = make();
        const alert = await openAlert(stores);
        const record = candidate(alert);
        await commit(stores, alert, [record]);
        const lifted = { ...record, state: 'lifted' as const, liftedAt: T0 + 600_000, liftedBy, revision: 2 };
        await stores.enforcements.save(lifted, by);
        const going = { ...alert, lastSeenAt: T0 + 700_000 };
        const fresh = { ...record, createdAt: T0 + 700_000, endsAt: T0 + 1_300_000 };
        expect(await commit(stores, going, [fresh])).toHaveLength(again);
        expect(await commit(stores, going, [fresh])).toHaveLength(0);
        expect(await stores.enforcements.list({ tenant: alert.tenant, limit: 10 })).toHaveLength(1 + again);
      }
    });

    test('a save keeps every field, and one on a stale revision is a conflict', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const record = candidate(alert, { endsAt: null });
      await commit(stores, alert, [record]);
      const saved: EnforcementRecord = {
        ...record,
        state: 'effective',
        appliedAt: T0 + 1,
        effectiveAt: T0 + 2,
        effectiveBy: 'refusal-seen',
        attempts: 3,
        nextAttemptAt: T0 + 3,
        lastError: 'away',
        gaps: ['a route without authentication'],
        changes: [{ method: 'PUT', path: '/plugins/x', why: 'blocks' }],
        saved: { plugin: { config: { deny: [], nested: null } } },
        revision: 2,
      };
      await stores.enforcements.save(saved, by);
      expect(await stores.enforcements.findById(record.id)).toEqual(saved);
      await expect(stores.enforcements.save(saved, by)).rejects.toThrow(ConflictError);
      expect((await stores.enforcements.live()).filter((r) => r.tenant === alert.tenant)).toEqual([saved]);
    });

    test('filters and pages newest first', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const made: EnforcementRecord[] = [];
      for (let i = 0; i < 5; i++) {
        const entity = { kind: 'ip' as const, id: `203.0.113.${i}`, name: 'x' };
        const record = candidate(alert, {
          alertId: null,
          policyId: null,
          entity,
          action: { kind: 'block-address', durationSeconds: 60 },
          createdAt: T0 + Math.floor(i / 2),
        });
        await stores.enforcements.create(record, 'tester');
        made.push(record);
      }
      const first = await stores.enforcements.list({ tenant: alert.tenant, limit: 3 });
      const last = first.at(-1);
      if (!last) throw new Error('an empty page');
      const rest = await stores.enforcements.list({
        tenant: alert.tenant,
        limit: 3,
        after: { createdAt: last.createdAt, id: last.id },
      });
      expect(first).toHaveLength(3);
      expect([...first, ...rest].map((r) => r.id).sort()).toEqual(made.map((r) => r.id).sort());
      const one = await stores.enforcements.list({
        tenant: alert.tenant,
        limit: 9,
        entity: { kind: 'ip', id: '203.0.113.3' },
        states: ['pending'],
      });
      expect(one.map((r) => r.id)).toEqual([made[3]?.id]);
      expect(
        await stores.enforcements.list({ tenant: alert.tenant, limit: 9, range: { from: 0, to: T0 } }),
      ).toHaveLength(2);
      expect(await stores.enforcements.list({ tenant: alert.tenant, limit: 9, alertId: alert.id })).toEqual([]);
    });

    test('creates a delivery once, and not where one that says the same exists', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const webhookId = await stores.webhook(alert.tenant);
      const notice = (dedupKey: string, unlessAny: string[] = []): NewDelivery => ({
        id: randomUUID(),
        webhookId,
        dedupKey,
        unlessAny,
        event: 'alert.opened',
        payload: '{}',
      });
      const send = async (...deliveries: NewDelivery[]): Promise<string[]> =>
        (await stores.enforcements.commitEvaluation({ alert, enforcements: [], deliveries }, 1)).deliveries.map(
          (d) => d.dedupKey,
        );
      expect(await send(notice('a'), notice('b', ['a']))).toEqual(['a']);
      expect(await send(notice('a'), notice('c', ['x']))).toEqual(['c']);
      expect(await send(notice('a'), notice('c'))).toEqual([]);
    });

    test('pages for a campaign once, tells one update, and folds what says no more', async () => {
      const stores = make();
      const alert = await openAlert(stores);
      const [webhookId, other] = [await stores.webhook(alert.tenant), await stores.webhook(alert.tenant)];
      const campaignId = randomUUID();
      const update = { event: 'campaign.updated', payload: '{"update":1}' };
      const notice = (
        dedupKey: string,
        severityRank: number,
        overrides: Partial<NewDelivery> = {},
        since = T0 - 1,
      ) => ({
        id: randomUUID(),
        webhookId,
        dedupKey,
        event: 'alert.opened',
        payload: '{}',
        fold: { campaignId, severityRank, since, update },
        ...overrides,
      });
      const send = async (...deliveries: NewDelivery[]): Promise<string[]> =>
        (await stores.enforcements.commitEvaluation({ alert, enforcements: [], deliveries }, 1)).deliveries.map(
          ({ dedupKey, event, payload }) => `${dedupKey} ${event} ${payload}`,
        );
      expect(await send(notice('page', 3))).toEqual(['page alert.opened {}']);
      expect(await send(notice('same', 3), notice('less', 1))).toEqual(['same campaign.updated {"update":1}']);
      expect(await send(notice('again', 2), notice('same', 3))).toEqual([]);
      expect(await send(notice('worse', 4))).toEqual(['worse alert.opened {}']);
      expect(await send(notice('elsewhere', 1, { webhookId: other }))).toEqual(['elsewhere alert.opened {}']);
      const lone = notice('lone', 1, { fold: { campaignId: randomUUID(), severityRank: 1, since: T0 - 1, update } });
      expect(await send(lone)).toEqual(['lone alert.opened {}']);
      // What was folded stays told, also once the time is up; what is new is not.
      expect(await send(notice('less', 1, {}, T0), notice('later', 1, {}, T0))).toEqual(['later alert.opened {}']);
    });
  });
};
