import { AuditLog, type AuditEntry } from '@outrider/ports/response-store';

/** AuditLog in memory, for unit tests. */
export class FakeAuditLog extends AuditLog {
  now = 1_767_225_600_000;
  readonly entries: (AuditEntry & { readonly tenant: string })[] = [];

  async write(entry: Parameters<AuditLog['write']>[0]): Promise<void> {
    this.entries.push({ ...entry, id: timeOrdered(this.entries.length), at: this.now });
  }

  async list(query: Parameters<AuditLog['list']>[0]): Promise<readonly AuditEntry[]> {
    return this.entries
      .filter((entry) => entry.tenant === query.tenant)
      .sort(newestFirst)
      .filter((entry) => !query.after || newestFirst(entry, query.after) > 0)
      .slice(0, query.limit)
      .map(({ tenant: _tenant, ...entry }) => entry);
  }
}

const timeOrdered = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

const newestFirst = (a: { at: number; id: string }, b: { at: number; id: string }): number =>
  b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
