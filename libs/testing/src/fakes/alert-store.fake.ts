import { severityRank } from '@outrider/domain/detection/alert-lifecycle';
import { linkKeysOf } from '@outrider/domain/detection/campaign-link';
import { summarize } from '@outrider/domain/detection/campaign-summary';
import { atLeast, type Alert } from '@outrider/domain/detection/alert';
import { entityKey } from '@outrider/domain/traffic/entity';
import { ConflictError } from '@outrider/platform/errors';
import {
  AlertStore,
  type AlertQuery,
  type CampaignQuery,
  type RelatedQuery,
  type StoredCampaign,
} from '@outrider/ports/alert-store';

/** AlertStore in memory, for unit tests of flow logic; holds to the same conformance suite as the real one. */
export class FakeAlertStore extends AlertStore {
  readonly alerts = new Map<string, Alert>();
  /** Newest revision that an evaluation has covered, by alert id; FakeEnforcementStore writes it. */
  readonly evaluated = new Map<string, number>();
  readonly audits: { readonly actor: string; readonly act: string; readonly subject: string }[] = [];

  async find(tenant: string, id: string): Promise<Alert | undefined> {
    const alert = this.alerts.get(id);
    return alert?.tenant === tenant ? alert : undefined;
  }

  async list(query: AlertQuery): Promise<readonly Alert[]> {
    return [...this.alerts.values()]
      .filter((alert) => matches(alert, query))
      .sort(newestFirst)
      .filter((alert) => !query.after || newestFirst(alert, query.after) > 0)
      .slice(0, query.limit);
  }

  async unresolved(): Promise<readonly Alert[]> {
    return [...this.alerts.values()].filter((alert) => alert.state !== 'resolved');
  }

  async insert(alert: Alert): Promise<void> {
    const key = openKey(alert);
    const taken = [...this.alerts.values()].some((other) => other.state !== 'resolved' && openKey(other) === key);
    if (this.alerts.has(alert.id) || (taken && alert.state !== 'resolved'))
      throw new ConflictError('an alert of this type is open for this entity');
    this.alerts.set(alert.id, alert);
  }

  async save(alert: Alert, audit?: { readonly actor: string; readonly act: string }): Promise<void> {
    const stored = this.alerts.get(alert.id);
    if (!stored || stored.tenant !== alert.tenant || stored.revision !== alert.revision - 1)
      throw new ConflictError(`alert ${alert.id} has changed`);
    this.alerts.set(alert.id, { ...alert, campaignId: stored.campaignId });
    if (audit) this.audits.push({ ...audit, subject: `alert:${alert.id}` });
  }

  async unevaluated(limit: number): Promise<readonly Alert[]> {
    return [...this.alerts.values()]
      .filter((alert) => alert.revision > (this.evaluated.get(alert.id) ?? 0))
      .sort((a, b) => a.openedAt - b.openedAt)
      .slice(0, limit);
  }

  async related({ tenant, participants, range, limit }: RelatedQuery): Promise<readonly Alert[]> {
    const alerts = await this.list({ tenant, range, limit: this.alerts.size });
    return alerts.filter((alert) => linkKeysOf(alert).some((key) => participants.includes(key))).slice(0, limit);
  }

  async joinCampaigns(tenant: string, from: readonly string[], into: string): Promise<void> {
    for (const alert of this.alerts.values())
      if (alert.tenant === tenant && from.includes(alert.campaignId))
        this.alerts.set(alert.id, { ...alert, campaignId: into });
  }

  async campaigns({
    id,
    states,
    range,
    after,
    limit,
    alertsEach,
    ...alert
  }: CampaignQuery): Promise<readonly StoredCampaign[]> {
    const groups = new Map<string, Alert[]>();
    for (const one of this.alerts.values()) {
      if (one.tenant !== alert.tenant || (id !== undefined && one.campaignId !== id)) continue;
      groups.set(one.campaignId, [...(groups.get(one.campaignId) ?? []), one]);
    }
    return [...groups]
      .filter(([, alerts]) => oneOfEach(alerts, { ...alert, limit }))
      .map(([key, alerts]) => {
        const { state, firstSeenAt, lastSeenAt, openedAt, alerts: count } = summarize(alerts);
        const totals = { state, firstSeenAt, lastSeenAt, openedAt, alerts: count };
        return { id: key, totals, alerts: [...alerts].sort(gravestFirst).slice(0, alertsEach) };
      })
      .filter(({ totals }) => !states || states.includes(totals.state))
      .filter(({ totals }) => !range || (totals.firstSeenAt <= range.to && totals.lastSeenAt >= range.from))
      .sort((a, b) => newestFirst({ ...a.totals, id: a.id }, { ...b.totals, id: b.id }))
      .filter((one) => !after || newestFirst({ ...one.totals, id: one.id }, after) > 0)
      .slice(0, limit);
  }
}

/** Different conditions may be met by different alerts. */
const oneOfEach = (alerts: readonly Alert[], { tenant, limit, types, minSeverity, entity }: AlertQuery): boolean =>
  [types && { types }, minSeverity && { minSeverity }, entity && { entity }].every(
    (condition) => !condition || alerts.some((alert) => matches(alert, { tenant, limit, ...condition })),
  );

const gravestFirst = (a: Alert, b: Alert): number =>
  Number(a.simulated) - Number(b.simulated) || severityRank(b.severity) - severityRank(a.severity) || newestFirst(a, b);

const openKey = (alert: Alert): string => `${alert.tenant}|${alert.type}|${entityKey(alert.entity)}`;

const newestFirst = (a: Pick<Alert, 'openedAt' | 'id'>, b: Pick<Alert, 'openedAt' | 'id'>): number =>
  b.openedAt - a.openedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

const matches = (alert: Alert, query: AlertQuery): boolean =>
  alert.tenant === query.tenant &&
  (!query.states || query.states.includes(alert.state)) &&
  (!query.types || query.types.includes(alert.type)) &&
  (!query.minSeverity || atLeast(alert.severity, query.minSeverity)) &&
  (!query.entity || entityKey(alert.entity) === entityKey(query.entity)) &&
  (!query.campaignId || alert.campaignId === query.campaignId) &&
  (!query.range || (alert.firstSeenAt <= query.range.to && alert.lastSeenAt >= query.range.from));
