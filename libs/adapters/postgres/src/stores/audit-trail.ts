import { AuditLog, type AuditEntry } from '@outrider/ports/response-store';
import type { Database, Transaction } from '../database.ts';
import { pageSize, storableJson, storableText, toMs, toTime } from '../storable.ts';
import { timeOrderedUuid } from '../time-ordered-uuid.ts';

export interface Audited {
  readonly tenant: string;
  /** A token's name, `policy:<name>` or `outrider`. */
  readonly actor: string;
  /** `<what>.<verb>`, e.g. `policy.update`. */
  readonly act: string;
  /** `<what>:<id>`. */
  readonly subject: string;
  /** No secrets. */
  readonly detail: object;
}

/** Called in the transaction of the change itself: if the audit row cannot be written, the change does not happen. */
export const writeAudit = async (tx: Transaction, at: number, entry: Audited): Promise<void> => {
  await tx.auditEntry.create({
    data: {
      id: timeOrderedUuid(at),
      tenant: entry.tenant,
      at: toTime(at),
      actor: storableText(entry.actor),
      act: entry.act,
      subject: entry.subject,
      detail: storableJson(entry.detail),
    },
  });
};

/** What a change did; `subject` and `detail` go to the audit row. */
export interface Change<R = unknown> {
  readonly result: R;
  readonly subject: string;
  readonly detail: object;
}

type ResultOf<C> = C extends Change<infer R> ? R : undefined;

/** Runs a change and writes its audit row as one transaction; a change that answers undefined did nothing and leaves no row. */
export const changeAudited = <C extends Change | undefined>(
  database: Database,
  { tenant, actor, act }: Pick<Audited, 'tenant' | 'actor' | 'act'>,
  change: (tx: Transaction) => Promise<C>,
): Promise<ResultOf<C>> =>
  database.transaction(async (tx) => {
    const done = await change(tx);
    if (!done) return undefined as ResultOf<C>;
    await writeAudit(tx, database.clock.now(), { tenant, actor, act, subject: done.subject, detail: done.detail });
    return done.result as ResultOf<C>;
  });

export class PostgresAuditLog extends AuditLog {
  constructor(private readonly database: Database) {
    super();
  }

  async write(entry: Parameters<AuditLog['write']>[0]): Promise<void> {
    const { tenant, actor, act, subject, detail } = entry;
    const named = { tenant, actor, act, subject, detail: { ...Object(detail) } as object };
    await this.database.transaction((tx) => writeAudit(tx, this.database.clock.now(), named));
  }

  async list(query: Parameters<AuditLog['list']>[0]): Promise<readonly AuditEntry[]> {
    const { tenant, after } = query;
    const before = after && {
      at: { lte: toTime(after.at) },
      OR: [{ at: { lt: toTime(after.at) } }, { id: { lt: after.id } }],
    };
    const rows = await this.database.read((client) =>
      client.auditEntry.findMany({
        where: { tenant, ...before },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: pageSize(query.limit),
      }),
    );
    return rows.map(({ id, at, actor, act, subject, detail }) => ({ id, at: toMs(at), actor, act, subject, detail }));
  }
}
