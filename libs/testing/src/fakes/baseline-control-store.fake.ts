import type { BaselineControl, OwnedBaselineControl } from '@outrider/domain/baseline/baseline-control';
import { BaselineControlStore, type BaselineControlDraft } from '@outrider/ports/baseline-control-store';

/** BaselineControlStore in memory, for unit tests. */
export class FakeBaselineControlStore extends BaselineControlStore {
  now = 1_767_225_600_000;
  readonly rows: OwnedBaselineControl[] = [];
  readonly acts: string[] = [];

  async list(query: Parameters<BaselineControlStore['list']>[0]): Promise<readonly BaselineControl[]> {
    const { tenant, action, entity, after, limit } = query;
    return this.rows
      .filter((row) => row.tenant === tenant && row.action === action)
      .filter((row) => !entity || (row.kind === entity.kind && row.entityId === entity.id))
      .sort(newestFirst)
      .filter((row) => !after || newestFirst(row, after) > 0)
      .slice(0, limit)
      .map(withoutTenant);
  }

  async about(query: Parameters<BaselineControlStore['about']>[0]): Promise<readonly BaselineControl[]> {
    return this.rows
      .filter((row) => row.tenant === query.tenant && row.kind === query.kind && query.ids.includes(row.entityId))
      .filter((row) => row.to === null || row.to >= query.since)
      .map(withoutTenant);
  }

  async all(since: number): Promise<readonly OwnedBaselineControl[]> {
    return this.rows.filter(({ from, to }) => (to ?? from) >= since);
  }

  async add(tenant: string, draft: BaselineControlDraft, actor: string): Promise<BaselineControl> {
    const id = `00000000-0000-4000-8000-${String(this.rows.length).padStart(12, '0')}`;
    const row = { ...draft, id, tenant, createdAt: this.now++, createdBy: actor };
    this.rows.push(row);
    this.acts.push(`${actor} ${draft.action}.create`);
    return withoutTenant(row);
  }

  async remove(tenant: string, id: string, action: BaselineControl['action'], actor: string): Promise<boolean> {
    const at = this.rows.findIndex((row) => row.tenant === tenant && row.id === id && row.action === action);
    if (at < 0) return false;
    this.rows.splice(at, 1);
    this.acts.push(`${actor} ${action}.remove`);
    return true;
  }
}

const withoutTenant = ({ tenant: _tenant, ...row }: OwnedBaselineControl): BaselineControl => row;

const newestFirst = (a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
