import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { GatewayAdmin, Gateways } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord, Hold } from '@outrider/ports/response-store';
import { ACTIONS } from '../actions/action-catalogue.ts';
import type { Plan, PlanInput, PluginWrite } from '../plan/plan.ts';

/** Plans made for one change before it is given up for now: others may change the same plugin at the same time. */
const MAX_ROUNDS = 6;

export interface Settled {
  /** Of the last plan, the one that had nothing left to write. */
  readonly gaps: readonly string[];
  readonly writes: number;
}

/** Brings one Kong to what a plan wants: plan, write, read back, and again until there is nothing left to write. */
export class GatewayChanges {
  constructor(
    private readonly gateways: Gateways,
    private readonly live: () => Promise<readonly EnforcementRecord[]>,
  ) {}

  admin(record: EnforcementRecord): GatewayAdmin {
    const admin = this.gateways.admin(record.tenant, record.gateway);
    if (admin) return admin;
    throw new PermanentError(
      `the Admin API of gateway ${record.gateway} is not configured: set KONG_ADMIN_URL`,
      'no-admin-api',
    );
  }

  propagationMs(record: EnforcementRecord): number {
    return this.gateways.propagationMs(record.tenant, record.gateway);
  }

  /** What stands now, in Kong and in the rows. */
  async read(record: EnforcementRecord): Promise<PlanInput> {
    const admin = this.admin(record);
    const [plugins, routes] = await Promise.all([admin.plugins(), admin.routes()]);
    const rows = await this.live();
    const others = rows.filter(
      (row) => row.id !== record.id && row.gateway === record.gateway && row.tenant === record.tenant,
    );
    return { state: { plugins, routes }, record, others };
  }

  /**
   * `before` sees each plan before it is carried out, and may save the row: it answers the row as it is then. Nothing is written once `hold` is
   * lost: another process may be at it.
   */
  async settle(
    record: EnforcementRecord,
    which: 'plan' | 'undo',
    hold: Hold,
    before: (record: EnforcementRecord, plan: Plan) => Promise<EnforcementRecord> = (row) => Promise.resolve(row),
  ): Promise<Settled & { readonly record: EnforcementRecord }> {
    const admin = this.admin(record);
    const action = ACTIONS[record.action.kind];
    let current = record;
    let writes = 0;
    const notes: string[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const plan = action[which](await this.read(current));
      if (plan.writes.length === 0) return { record: current, gaps: [...new Set([...notes, ...plan.gaps])], writes };
      current = await before(current, plan);
      if (which === 'undo') notes.push(...plan.gaps);
      try {
        for (const write of plan.writes) {
          hold.check();
          writes += 1;
          // Gone meanwhile: what else was planned may be wrong too.
          if (!(await carryOut(admin, write))) break;
        }
      } catch (error) {
        // The scope was taken a moment ago: look again.
        if (!(error instanceof ConflictError)) throw error;
      }
    }
    throw new TransientError('Kong does not keep the change: somebody else changes the same plugin', 'contended');
  }
}

/** False when the plugin is not there any more. */
const carryOut = async (admin: GatewayAdmin, write: PluginWrite): Promise<boolean> => {
  switch (write.kind) {
    case 'put':
      await admin.putPlugin(write.plugin);
      return true;
    case 'patch':
      return (await admin.patchPlugin(write.id, write.change)) !== undefined;
    case 'delete':
      await admin.deletePlugin(write.id);
      return true;
  }
};
