import type { Alert } from '@outrider/domain/detection/alert';
import type { Entity } from '@outrider/domain/traffic/entity';
import type { Enforcement, EnforcementState } from '@outrider/domain/response/enforcement';
import type { GuardRails, NeverBlockEntry } from '@outrider/domain/response/guard-rails';
import type { Policy, PolicyDraft } from '@outrider/domain/response/policy';

/** Policies and guard rails (PostgreSQL). Every change writes its audit row in the same transaction; `actor` is a token's name. */
export abstract class PolicyStore {
  abstract list(tenant: string): Promise<readonly Policy[]>;
  abstract find(tenant: string, id: string): Promise<Policy | undefined>;
  abstract create(tenant: string, draft: PolicyDraft, actor: string): Promise<Policy>;
  abstract update(tenant: string, id: string, draft: PolicyDraft, actor: string): Promise<Policy | undefined>;
  abstract remove(tenant: string, id: string, actor: string): Promise<boolean>;
  abstract guardRails(tenant: string): Promise<GuardRails>;
  abstract setGuardRails(
    tenant: string,
    change: Partial<Omit<GuardRails, 'neverBlock'>>,
    actor: string,
  ): Promise<GuardRails>;
  abstract addNeverBlock(tenant: string, entry: Omit<NeverBlockEntry, 'id'>, actor: string): Promise<NeverBlockEntry>;
  abstract removeNeverBlock(tenant: string, id: string, actor: string): Promise<boolean>;
}

/** What stood in Kong before, kept to be restored exactly; opaque to everyone but its action. May hold no credential. */
export type SavedState = Readonly<Record<string, unknown>>;

/** An enforcement with what only respond needs. */
export interface EnforcementRecord extends Enforcement {
  readonly saved: SavedState | null;
  /** Grows with every save; a save with a stale revision is a ConflictError. */
  readonly revision: number;
}

export interface EnforcementQuery {
  readonly tenant: string;
  readonly states?: readonly EnforcementState[];
  readonly entity?: Pick<Entity, 'kind' | 'id'>;
  readonly alertId?: string;
  readonly range?: { readonly from: number; readonly to: number };
  readonly limit: number;
  readonly after?: { readonly createdAt: number; readonly id: string };
}

/** One evaluation's outcome, written in one transaction with the audit rows and the alert's evaluated revision. */
export interface Evaluation {
  readonly alert: Alert;
  readonly enforcements: readonly EnforcementRecord[];
  readonly deliveries: readonly NewDelivery[];
  /** Why nothing is decided on the alert: for the audit log, where its first evaluation alone writes it. */
  readonly passedOver?: PassedOver;
}

export interface PassedOver {
  readonly reason: 'simulated-finding';
  readonly explanation: string;
  /** Names of the policies that would have spoken of it. */
  readonly policies: readonly string[];
}

export interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** Makes a second creation harmless: e.g. `alert:<id>:<webhook>:opened`. */
  readonly dedupKey: string;
  /** Not created either when a delivery of one of these keys exists: e.g. an escalation that was told already. */
  readonly unlessAny?: readonly string[];
  readonly event: string;
  readonly payload: string;
  readonly fold?: DeliveryFold;
}

/**
 * One campaign is one page: what a webhook was told since `since` (ms since epoch) of the same campaign at this severity or a higher one stands
 * for this delivery too, which is then written as `folded` and not sent; but the first such is sent, as `update`.
 */
export interface DeliveryFold {
  readonly campaignId: string;
  readonly severityRank: number;
  readonly since: number;
  readonly update: Pick<NewDelivery, 'event' | 'payload'>;
}

/** A slot that is held. `check` throws TransientError `hold-lost` when another process may have it by now. */
export interface Hold {
  check(): void;
}

/** For a process that is alone, and for tests. */
export const HELD: Hold = { check: () => undefined };

export type Creation =
  | { readonly kind: 'created'; readonly record: EnforcementRecord }
  | { readonly kind: 'refused'; readonly by: 'guard-rail' | 'cap'; readonly reason: string };

/** Enforcements (PostgreSQL): the truth of what we changed in Kong and when it ends. */
export abstract class EnforcementStore {
  abstract find(tenant: string, id: string): Promise<EnforcementRecord | undefined>;
  abstract findById(id: string): Promise<EnforcementRecord | undefined>;
  abstract list(query: EnforcementQuery): Promise<readonly EnforcementRecord[]>;
  /** All that are pending, applied, effective or lifting, all tenants: for re-arming, sweeping and block echo. */
  abstract live(): Promise<readonly EnforcementRecord[]>;
  /** Enforcements (simulated and refused ones excluded) created since `since`. */
  abstract countSince(tenant: string, since: number): Promise<number>;
  /**
   * Runs `task` while no other process of this installation holds the slot: a part of Kong that only one may change at a time. Waits for a
   * bounded time, then TransientError. A process that dies lets go at once, one that is stopped within 20 s; whoever writes asks
   * `hold.check()` before each write.
   */
  abstract hold<T>(slot: string, task: (hold: Hold) => Promise<T>): Promise<T>;
  /**
   * Commits an evaluation by the rules of domain/response/admission. Unique per (alert, policy, action kind): an enforcement or delivery
   * that exists is left as it is and missing from the answer; one that was only refused or simulated may begin, and one whose time was
   * up is made anew when the alert goes on. The guard rails are read again inside the transaction (domain/response/restraint), where
   * the stored cap per hour goes before `capPerHour`: those beyond it are written as `refused`; in simulation nothing is told.
   * At most one is live per (tenant, gateway, action kind, entity): a second one is written as `refused` and extends the end of the live
   * one, which is then in the answer too. So a lift that comes due must look at the row's `endsAt` again.
   */
  abstract commitEvaluation(
    evaluation: Evaluation,
    capPerHour: number,
  ): Promise<{
    readonly enforcements: readonly EnforcementRecord[];
    readonly deliveries: readonly NewDelivery[];
  }>;
  /**
   * By hand, with its audit row. `guarded`: under the guard rails as they stand in the same transaction; it answers the row as written (simulated,
   * where everything is), or what stands against it, and then nothing is written.
   */
  abstract create(record: EnforcementRecord, actor: string, guarded?: 'guarded'): Promise<Creation>;
  /** Writes `record` if the stored revision is `record.revision - 1`; audited in the same transaction. */
  abstract save(record: EnforcementRecord, audit: { readonly actor: string; readonly act: string }): Promise<void>;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly act: string;
  readonly subject: string;
  readonly detail: unknown;
}

export abstract class AuditLog {
  /** For what is no change of a row: e.g. a plugin that a sweep takes out of Kong. Written before it is done. */
  abstract write(entry: Omit<AuditEntry, 'id' | 'at'> & { readonly tenant: string }): Promise<void>;
  abstract list(query: {
    tenant: string;
    limit: number;
    after?: { readonly at: number; readonly id: string };
  }): Promise<readonly AuditEntry[]>;
}
