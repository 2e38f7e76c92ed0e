import { randomUUID } from 'node:crypto';
import { admit, CAP_WINDOW_MS, hasBegun, isLive } from '@outrider/domain/response/admission';
import type { Enforcement } from '@outrider/domain/response/enforcement';
import { DEFAULT_GUARD_RAILS, type GuardRails, type NeverBlockEntry } from '@outrider/domain/response/guard-rails';
import type { Policy, PolicyDraft } from '@outrider/domain/response/policy';
import { restrained, restraintOf } from '@outrider/domain/response/restraint';
import { entityKey } from '@outrider/domain/traffic/entity';
import { ConflictError } from '@outrider/platform/errors';
import {
  EnforcementStore,
  HELD,
  PolicyStore,
  type Creation,
  type EnforcementQuery,
  type EnforcementRecord,
  type Evaluation,
  type Hold,
  type NewDelivery,
} from '@outrider/ports/response-store';
import { FakeAlertStore } from './alert-store.fake.ts';
import { FakeDeliveryStore } from './notification-store.fake.ts';

/** PolicyStore in memory, for unit tests of flow logic. */
export class FakePolicyStore extends PolicyStore {
  readonly policies = new Map<string, Policy>();
  readonly rails = new Map<string, GuardRails>();
  now = 1_767_225_600_000;

  async list(tenant: string): Promise<readonly Policy[]> {
    return [...this.policies.values()]
      .filter((policy) => policy.tenant === tenant)
      .sort((a, b) => a.order - b.order || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  async find(tenant: string, id: string): Promise<Policy | undefined> {
    const policy = this.policies.get(id);
    return policy?.tenant === tenant ? policy : undefined;
  }

  async create(tenant: string, draft: PolicyDraft, _actor: string): Promise<Policy> {
    const policy = { ...draft, id: randomUUID(), tenant, createdAt: this.now, updatedAt: this.now };
    this.policies.set(policy.id, policy);
    return policy;
  }

  async update(tenant: string, id: string, draft: PolicyDraft, _actor: string): Promise<Policy | undefined> {
    const stored = await this.find(tenant, id);
    if (!stored) return undefined;
    const policy = { ...stored, ...draft, updatedAt: this.now };
    this.policies.set(id, policy);
    return policy;
  }

  async remove(tenant: string, id: string, _actor: string): Promise<boolean> {
    return (await this.find(tenant, id)) !== undefined && this.policies.delete(id);
  }

  async guardRails(tenant: string): Promise<GuardRails> {
    return this.rails.get(tenant) ?? DEFAULT_GUARD_RAILS;
  }

  async setGuardRails(
    tenant: string,
    change: Partial<Omit<GuardRails, 'neverBlock'>>,
    _actor: string,
  ): Promise<GuardRails> {
    const rails = { ...(await this.guardRails(tenant)), ...change };
    this.rails.set(tenant, rails);
    return rails;
  }

  async addNeverBlock(tenant: string, entry: Omit<NeverBlockEntry, 'id'>, _actor: string): Promise<NeverBlockEntry> {
    const rails = await this.guardRails(tenant);
    const added = { ...entry, id: randomUUID() };
    this.rails.set(tenant, { ...rails, neverBlock: [...rails.neverBlock, added] });
    return added;
  }

  async removeNeverBlock(tenant: string, id: string, _actor: string): Promise<boolean> {
    const rails = await this.guardRails(tenant);
    const neverBlock = rails.neverBlock.filter((entry) => entry.id !== id);
    this.rails.set(tenant, { ...rails, neverBlock });
    return neverBlock.length < rails.neverBlock.length;
  }
}

/** EnforcementStore in memory; give it the alert and delivery fakes of the same test so that a commit reaches them too. */
export class FakeEnforcementStore extends EnforcementStore {
  readonly records = new Map<string, EnforcementRecord>();
  readonly audits: { readonly actor: string; readonly act: string; readonly subject: string }[] = [];

  constructor(
    readonly alerts: FakeAlertStore = new FakeAlertStore(),
    readonly deliveries: FakeDeliveryStore = new FakeDeliveryStore(),
    /** Whose guard rails hold at a commit. */
    readonly policies: FakePolicyStore = new FakePolicyStore(),
  ) {
    super();
  }

  async find(tenant: string, id: string): Promise<EnforcementRecord | undefined> {
    const record = this.records.get(id);
    return record?.tenant === tenant ? record : undefined;
  }

  async findById(id: string): Promise<EnforcementRecord | undefined> {
    return this.records.get(id);
  }

  async list(query: EnforcementQuery): Promise<readonly EnforcementRecord[]> {
    return this.#all()
      .filter((record) => matches(record, query))
      .sort(newestFirst)
      .filter((record) => !query.after || newestFirst(record, query.after) > 0)
      .slice(0, query.limit);
  }

  async live(): Promise<readonly EnforcementRecord[]> {
    return this.#all().filter((record) => isLive(record.state));
  }

  async countSince(tenant: string, since: number): Promise<number> {
    return this.#begunSince(tenant, since);
  }

  /** Every task at once: a test that is about turns runs on PostgreSQL. */
  hold<T>(_slot: string, task: (hold: Hold) => Promise<T>): Promise<T> {
    return task(HELD);
  }

  /** Without an await inside: one commit is whole before the next, as in a transaction. */
  async commitEvaluation(evaluation: Evaluation, capPerHour: number): ReturnType<EnforcementStore['commitEvaluation']> {
    const enforcements: EnforcementRecord[] = [];
    const stored = this.policies.rails.get(evaluation.alert.tenant);
    const rails = stored ?? DEFAULT_GUARD_RAILS;
    for (const candidate of evaluation.enforcements) {
      const cap = stored ? stored.capPerHour : capPerHour;
      enforcements.push(...this.#commitOne(restrained(candidate, rails), evaluation, cap));
    }
    const deliveries: NewDelivery[] = [];
    for (const delivery of rails.simulateAll ? [] : evaluation.deliveries) {
      if (delivery.unlessAny?.some((key) => this.deliveries.dedupKeys.has(key))) continue;
      const sent = this.deliveries.addNotice(evaluation.alert.tenant, delivery, evaluation.alert.openedAt);
      if (sent) deliveries.push(sent);
    }
    const before = this.alerts.evaluated.get(evaluation.alert.id) ?? 0;
    if (evaluation.passedOver && before === 0)
      this.audits.push({ actor: 'outrider', act: 'alert.pass-over', subject: `alert:${evaluation.alert.id}` });
    this.alerts.evaluated.set(evaluation.alert.id, Math.max(before, evaluation.alert.revision));
    return { enforcements, deliveries };
  }

  async create(record: EnforcementRecord, actor: string, guarded?: 'guarded'): Promise<Creation> {
    const creation: Creation = guarded ? this.#underRails(record) : { kind: 'created', record };
    if (creation.kind === 'created') this.#create(creation.record, actor);
    return creation;
  }

  #underRails(record: EnforcementRecord): Creation {
    const rails = this.policies.rails.get(record.tenant) ?? DEFAULT_GUARD_RAILS;
    const restraint = restraintOf(record, rails);
    if (restraint?.state === 'refused') return { kind: 'refused', by: 'guard-rail', reason: restraint.reason };
    if (restraint) return { kind: 'created', record: { ...record, state: 'simulated', nextAttemptAt: null } };
    if (this.#begunSince(record.tenant, record.createdAt - CAP_WINDOW_MS) < rails.capPerHour)
      return { kind: 'created', record };
    return { kind: 'refused', by: 'cap', reason: `the cap of ${rails.capPerHour} enforcements per hour is reached` };
  }

  #create(record: EnforcementRecord, actor: string): void {
    if (this.records.has(record.id) || (isLive(record.state) && this.#liveOn(record)))
      throw new ConflictError('an enforcement of this kind is live for this entity');
    this.records.set(record.id, record);
    this.#audit(actor, 'enforcement.create', record.id);
  }

  async save(record: EnforcementRecord, audit: { readonly actor: string; readonly act: string }): Promise<void> {
    if (this.records.get(record.id)?.revision !== record.revision - 1)
      throw new ConflictError(`enforcement ${record.id} has changed`);
    this.records.set(record.id, record);
    this.#audit(audit.actor, audit.act, record.id);
  }

  #commitOne(candidate: EnforcementRecord, { alert }: Evaluation, capPerHour: number): EnforcementRecord[] {
    const own = this.#all()
      .filter(
        (r) => r.alertId === alert.id && r.policyId === candidate.policyId && r.action.kind === candidate.action.kind,
      )
      .sort(newestFirst)[0];
    const lifted = this.#all()
      .filter((r) => r.state === 'lifted' && sameTarget(r, candidate))
      .sort((a, b) => (b.liftedAt ?? 0) - (a.liftedAt ?? 0))[0];
    const admission = admit(candidate, alert, {
      own,
      live: this.#liveOn(candidate),
      lifted,
      begunWithinHour: this.#begunSince(candidate.tenant, candidate.createdAt - CAP_WINDOW_MS),
      capPerHour,
    });
    if (admission.kind === 'keep') return [];
    const written: EnforcementRecord = { ...admission.enforcement, ...identity(admission.kind, own) };
    this.records.set(written.id, written);
    this.#audit(written.requestedBy, `enforcement.${written.state}`, written.id);
    if (admission.kind !== 'cover' || admission.endsAt === admission.live.endsAt) return [written];
    const extended = { ...admission.live, endsAt: admission.endsAt, revision: admission.live.revision + 1 };
    this.records.set(extended.id, extended);
    this.#audit(written.requestedBy, 'enforcement.extend', extended.id);
    return [written, extended];
  }

  #begunSince(tenant: string, since: number): number {
    return this.#all().filter((r) => r.tenant === tenant && hasBegun(r.state) && r.createdAt > since).length;
  }

  #liveOn(target: Enforcement): EnforcementRecord | undefined {
    return this.#all().find((record) => isLive(record.state) && sameTarget(record, target));
  }

  #all(): EnforcementRecord[] {
    return [...this.records.values()];
  }

  #audit(actor: string, act: string, id: string): void {
    this.audits.push({ actor, act, subject: `enforcement:${id}` });
  }
}

/** A later round has an id of its own; what is revived keeps its row. */
const identity = (kind: string, own: EnforcementRecord | undefined): Partial<EnforcementRecord> => {
  if (!own) return {};
  return kind === 'revive' ? { id: own.id, revision: own.revision + 1 } : { id: randomUUID() };
};

const sameTarget = (a: Enforcement, b: Enforcement): boolean =>
  a.tenant === b.tenant &&
  a.gateway === b.gateway &&
  a.action.kind === b.action.kind &&
  entityKey(a.entity) === entityKey(b.entity);

const newestFirst = (a: Pick<Enforcement, 'createdAt' | 'id'>, b: Pick<Enforcement, 'createdAt' | 'id'>): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

const matches = (record: EnforcementRecord, query: EnforcementQuery): boolean =>
  record.tenant === query.tenant &&
  (!query.states || query.states.includes(record.state)) &&
  (!query.entity || entityKey(record.entity) === entityKey(query.entity)) &&
  (!query.alertId || record.alertId === query.alertId) &&
  (!query.range ||
    (record.createdAt <= query.range.to && (record.liftedAt ?? record.endsAt ?? Infinity) >= query.range.from));
