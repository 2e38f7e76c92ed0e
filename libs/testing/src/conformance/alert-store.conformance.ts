import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Alert } from '@outrider/domain/detection/alert';
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
  });
};
