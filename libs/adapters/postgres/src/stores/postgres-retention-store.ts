import { RetentionStore, type Retained } from '@outrider/ports/retention-store';
import { LIVE_STATES } from '@outrider/domain/response/admission';
import type { Database, Transaction } from '../database.ts';
import { toTime } from '../storable.ts';

const MAX_BATCH = 10_000;

/** Removes what is old, the oldest first, in one statement a batch. Rows that somebody has locked are left for the next time. */
export class PostgresRetentionStore extends RetentionStore {
  constructor(private readonly database: Database) {
    super();
  }

  prune(what: Retained, before: number, limit: number): Promise<number> {
    const rows = Math.max(1, Math.min(MAX_BATCH, Math.trunc(limit)));
    return this.database.read((client) => PRUNE[what](client, toTime(before), rows));
  }
}

const PRUNE: Readonly<Record<Retained, (client: Transaction, before: Date, limit: number) => Promise<number>>> = {
  audit: (client, before, limit) => client.$executeRaw`
    delete from audit_entries where id in (
      select id from audit_entries where at < ${before} order by at limit ${limit} for update skip locked)`,
  // the keys of an alert's notices say what was told of it: they stay as long as it may be told again
  deliveries: (client, before, limit) => client.$executeRaw`
    delete from deliveries where id in (
      select id from deliveries d where d.created_at < ${before} and d.state <> 'pending'
        and not exists (
          select 1 from alerts a where a.state <> 'resolved' and d.dedup_key like 'alert:%' and a.id::text = split_part(d.dedup_key, ':', 2))
      order by d.created_at limit ${limit} for update skip locked)`,
  enforcements: (client, before, limit) => client.$executeRaw`
    delete from enforcements where id in (
      select id from enforcements e where e.created_at < ${before} and e.state <> all(${[...LIVE_STATES]})
        and coalesce(e.lifted_at, e.created_at) < ${before}
        and not exists (select 1 from alerts a where a.id = e.alert_id and a.state <> 'resolved')
      order by e.created_at limit ${limit} for update skip locked)`,
  alerts: (client, before, limit) => client.$executeRaw`
    delete from alerts where id in (
      select id from alerts a where a.changed_at < ${before} and a.state = 'resolved' and a.evaluated_revision >= a.revision
        and not exists (select 1 from enforcements e where e.alert_id = a.id and e.state = any(${[...LIVE_STATES]}))
      order by a.changed_at limit ${limit} for update skip locked)`,
};
