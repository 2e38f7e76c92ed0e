import { AuditLog, type AuditEntry } from '@outrider/ports/response-store';

/** AuditLog in memory, for unit tests. */
export class FakeAuditLog extends AuditLog {
  readonly entries: (AuditEntry & { readonly tenant: string })[] = [];

  async list(query: Parameters<AuditLog['list']>[0]): Promise<readonly AuditEntry[]> {
    return this.entries
      .filter((entry) => entry.tenant === query.tenant)
      .sort(newestFirst)
      .filter((entry) => !query.after || newestFirst(entry, query.after) > 0)
      .slice(0, query.limit)
      .map(({ tenant: _tenant, ...entry }) => entry);
  }
}

const newestFirst = (a: { at: number; id: string }, b: { at: number; id: string }): number =>
  b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
