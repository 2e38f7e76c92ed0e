import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
import { neighboursOf } from '@outrider/domain/detection/campaign-link';
import { anAlert } from '@outrider/domain/detection/testing';
import { ConflictError } from '@outrider/platform/errors';
import type { AlertStore } from '@outrider/ports/alert-store';

/** What each implementation of AlertStore must do. `make` gives the store; tenants keep the tests apart. */
export const alertStoreConformance = (name: string, make: () => AlertStore): void => {
  describe(`${name} as AlertStore`, () => {
    const fresh = (overrides: Parameters<typeof anAlert>[0] = {}): Alert =>
      anAlert({ id: randomUUID(), tenant: `t-${randomUUID()}`, ...overrides });
    const next = (alert: Alert, overrides: Partial<Alert> = {}): Alert => ({
      ...alert,
      ...overrides,
      revision: alert.revision + 1,
    });

    test('gives back what was stored, to its own tenant alone', async () => {
      const store = make();
      const alert = fresh();
      await store.insert(alert);
      expect(await store.find(alert.tenant, alert.id)).toEqual(alert);
      expect(await store.find('somebody-else', alert.id)).toBeUndefined();
      expect(await store.list({ tenant: 'somebody-else', limit: 10 })).toEqual([]);
      expect(await store.find(alert.tenant, 'no-uuid')).toBeUndefined();
    });

    test('holds one unresolved alert for a matter, and a new one once it is resolved', async () => {
      const store = make();
      const first = fresh();
      await store.insert(first);
      const second = { ...first, id: randomUUID() };
      await expect(store.insert(second)).rejects.toThrow(ConflictError);
      await store.insert({ ...second, id: randomUUID(), type: 'error-spike' });
      await store.save(next(first, { state: 'acknowledged' }));
      await expect(store.insert(second)).rejects.toThrow(ConflictError);
      await store.save({ ...first, state: 'resolved', revision: 3 });
      await store.insert(second);
      expect(await store.list({ tenant: first.tenant, limit: 10 })).toHaveLength(3);
    });

    test('a save on a stale revision is a conflict and changes nothing', async () => {
      const store = make();
      const alert = fresh();
      await store.insert(alert);
      await store.save(next(alert, { findings: 2 }));
      await expect(store.save(next(alert, { findings: 99 }))).rejects.toThrow(ConflictError);
      await expect(store.save(next(next(next(alert))))).rejects.toThrow(ConflictError);
      await expect(store.save(next(fresh()))).rejects.toThrow(ConflictError);
      expect(await store.find(alert.tenant, alert.id)).toMatchObject({ findings: 2, revision: 2 });
    });

    test('pages through everything once, newest first, also where times are equal', async () => {
      const store = make();
      const tenant = `t-${randomUUID()}`;
      const stored = await Promise.all(
        Array.from({ length: 7 }, async (_, i) => {
          const alert = fresh({
            tenant,
            openedAt: 1_767_225_600_000 + Math.floor(i / 3),
            entity: { kind: 'ip', id: `203.0.113.${i}`, name: 'x' },
          });
          await store.insert(alert);
          return alert;
        }),
      );
      const seen: Alert[] = [];
      for (let page = await store.list({ tenant, limit: 2 }); page.length > 0;) {
        seen.push(...page);
        const last = seen.at(-1);
        if (!last) break;
        page = await store.list({ tenant, limit: 2, after: { openedAt: last.openedAt, id: last.id } });
      }
      const order = [...stored].sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1));
      expect(seen.map((a) => a.id)).toEqual(order.map((a) => a.id));
    });

    test('filters by state, type, severity, entity and the span in which it was seen', async () => {
      const store = make();
      const tenant = `t-${randomUUID()}`;
      const spike = fresh({ tenant, severity: 'medium', firstSeenAt: 1_000, lastSeenAt: 2_000 });
      const force = fresh({ tenant, type: 'brute-force', severity: 'critical', firstSeenAt: 5_000, lastSeenAt: 6_000 });
      const other = fresh({
        tenant,
        state: 'resolved',
        severity: 'low',
        entity: { kind: 'ip', id: '203.0.113.1', name: 'x' },
        firstSeenAt: 0,
        lastSeenAt: 9_000,
      });
      for (const alert of [spike, force, other]) await store.insert(alert);
      const ids = async (query: Partial<Parameters<AlertStore['list']>[0]>): Promise<string[]> =>
        (await store.list({ tenant, limit: 10, ...query })).map((a) => a.id).sort();
      expect(await ids({ states: ['resolved'] })).toEqual([other.id]);
      expect(await ids({ types: ['brute-force'] })).toEqual([force.id]);
      expect(await ids({ minSeverity: 'medium' })).toEqual([spike.id, force.id].sort());
      expect(await ids({ entity: { kind: 'ip', id: '203.0.113.1' } })).toEqual([other.id]);
      expect(await ids({ range: { from: 2_000, to: 4_999 } })).toEqual([spike.id, other.id].sort());
      expect(
        (await store.unresolved())
          .filter((a) => a.tenant === tenant)
          .map((a) => a.id)
          .sort(),
      ).toEqual([spike.id, force.id].sort());
    });

    test('keeps which campaign an alert is in from all writes but the one that joins campaigns', async () => {
      const store = make();
      const tenant = `t-${randomUUID()}`;
      const on = (id: string, overrides: Parameters<typeof anAlert>[0] = {}): Alert =>
        fresh({ tenant, entity: { kind: 'ip', id, name: id }, ...overrides });
      const [first, second, foreign] = [on('1'), on('2'), on('3', { tenant: `${tenant}-other` })];
      for (const alert of [first, second, { ...foreign, campaignId: second.id }]) await store.insert(alert);
      await store.joinCampaigns(tenant, [second.id, randomUUID()], first.id);
      await store.save(next(second, { findings: 7 }));
      expect(await store.find(tenant, second.id)).toMatchObject({ campaignId: first.id, findings: 7 });
      expect((await store.list({ tenant, limit: 9, campaignId: first.id })).map(({ id }) => id).sort()).toEqual(
        [first.id, second.id].sort(),
      );
      expect((await store.unresolved()).filter((a) => a.tenant === tenant).map((a) => a.campaignId)).toEqual([
        first.id,
        first.id,
      ]);
      expect((await store.find(foreign.tenant, foreign.id))?.campaignId).toBe(second.id);
    });

    test('finds what may be one story: those with a caller in them, about a time, of one tenant', async () => {
      const store = make();
      const tenant = `t-${randomUUID()}`;
      const ip = (id: string): Alert['entity'] => ({ kind: 'ip', id, name: id });
      const span = { tenant, firstSeenAt: 5_000, lastSeenAt: 6_000 };
      const own = fresh({ ...span, entity: ip('1'), state: 'resolved' });
      const within = fresh({ ...span, entity: ip('2'), contributors: [{ entity: ip('1'), count: 3 }] });
      const early = fresh({ ...span, entity: ip('1'), firstSeenAt: 1, lastSeenAt: 2 });
      const service = fresh({ ...span, entity: { kind: 'service', id: '1', name: 'one' } });
      const other = fresh({ ...span, tenant: `${tenant}-other`, entity: ip('1') });
      for (const alert of [own, within, early, service, other]) await store.insert(alert);
      const ids = async (participants: string[], from = 5_500): Promise<string[]> =>
        (await store.related({ tenant, participants, range: { from, to: 9_000 }, limit: 9 })).map((a) => a.id).sort();
      expect(await ids(['ip:1', 'consumer:9'])).toEqual([own.id, within.id].sort());
      expect(await ids(['ip:2'])).toEqual([within.id]);
      expect(await ids(['ip:1'], 0)).toHaveLength(3);
      expect(await ids(['service:1'])).toEqual([]);
      expect(await ids([])).toEqual([]);
    });

    test('finds what neighbouring addresses did of the same type, about a time, of one tenant', async () => {
      const store = make();
      const tenant = `t-${randomUUID()}`;
      const from = (id: string, overrides: Parameters<typeof anAlert>[0] = {}): Alert =>
        fresh({ tenant, type: 'brute-force', entity: { kind: 'ip', id, name: id }, ...overrides });
      const [near, v6] = [from('192.0.2.1', { state: 'resolved' }), from('2001:db8:1:2::3')];
      const others = [
        from('192.0.3.1'),
        from('192.0.2.2', { type: 'scraping' }),
        from('192.0.2.3', { tenant: 'other' }),
      ];
      for (const alert of [near, v6, ...others]) await store.insert(alert);
      const found = async (alert: Alert): Promise<string[]> => {
        const range = { from: alert.firstSeenAt, to: alert.lastSeenAt };
        const neighbours = neighboursOf(alert);
        const participants = neighbours === undefined ? [] : [neighbours];
        return (await store.related({ tenant, participants, range, limit: 9 })).map(({ id }) => id);
      };
      expect(await found(from('192.0.2.77'))).toEqual([near.id]);
      expect(await found(from('2001:db8:1::77'))).toEqual([v6.id]);
      expect(await found(from('192.0.2.77', { firstSeenAt: 1, lastSeenAt: 2 }))).toEqual([]);
      expect(await found(from('192.0.2.77', { entity: { kind: 'consumer', id: '192.0.2.1', name: '' } }))).toEqual([]);
    });

    describe('campaigns', () => {
      const T0 = 1_767_225_600_000;
      const campaigns = async () => {
        const store = make();
        const tenant = `t-${randomUUID()}`;
        const on = (id: string, minutes: number, overrides: Parameters<typeof anAlert>[0] = {}): Alert => {
          const at = T0 + minutes * 60_000;
          const entity = { kind: 'ip', id, name: id } as const;
          return fresh({ tenant, entity, openedAt: at, firstSeenAt: at - 1_000, lastSeenAt: at, ...overrides });
        };
        const old = on('1', 0, { severity: 'low' });
        const grave = on('2', 5, { severity: 'critical', state: 'acknowledged', campaignId: old.id });
        const trial = on('3', 6, { severity: 'critical', simulated: true, state: 'resolved', campaignId: old.id });
        const lone = on('4', 9, { type: 'brute-force', state: 'resolved' });
        for (const alert of [old, grave, trial, lone, on('1', 9, { tenant: `${tenant}-other` })])
          await store.insert(alert);
        const ids = async (query: Partial<Parameters<AlertStore['campaigns']>[0]> = {}): Promise<string[]> =>
          (await store.campaigns({ tenant, limit: 9, alertsEach: 9, ...query })).map(({ id }) => id);
        return { store, tenant, old, grave, trial, lone, ids };
      };

      test('count all their alerts and come with the gravest, real ones first', async () => {
        const { store, tenant, old, grave, trial } = await campaigns();
        const [campaign] = await store.campaigns({ tenant, id: old.id, limit: 1, alertsEach: 9 });
        expect(campaign?.totals).toEqual({
          state: 'open',
          openedAt: T0,
          firstSeenAt: T0 - 1_000,
          lastSeenAt: T0 + 360_000,
          alerts: 3,
        });
        expect(campaign?.alerts.map(({ id }) => id)).toEqual([grave.id, old.id, trial.id]);
        const [short] = await store.campaigns({ tenant, id: old.id, limit: 1, alertsEach: 1 });
        expect([short?.alerts, short?.totals.alerts]).toMatchObject([[{ id: grave.id }], 3]);
      });

      test('are found by their own state and span, and by what one of their alerts is; newest first, page by page', async () => {
        const { store, tenant, old, lone, ids } = await campaigns();
        expect(await ids()).toEqual([lone.id, old.id]);
        expect(await ids({ states: ['open'] })).toEqual([old.id]);
        expect(await ids({ states: ['acknowledged'] })).toEqual([]);
        expect(await ids({ states: ['resolved', 'acknowledged'] })).toEqual([lone.id]);
        expect(await ids({ types: ['brute-force'] })).toEqual([lone.id]);
        expect(await ids({ minSeverity: 'critical' })).toEqual([old.id]);
        expect(await ids({ entity: { kind: 'ip', id: '2' } })).toEqual([old.id]);
        expect(await ids({ range: { from: T0 + 400_000, to: T0 + 900_000 } })).toEqual([lone.id]);
        const [first] = await store.campaigns({ tenant, limit: 1, alertsEach: 1 });
        if (!first) throw new Error('an empty page');
        expect(await ids({ after: { openedAt: first.totals.openedAt, id: first.id } })).toEqual([old.id]);
        expect(await ids({ id: randomUUID() })).toEqual([]);
        expect(await ids({ id: 'no-uuid' })).toEqual([]);
      });
    });
  });
};
