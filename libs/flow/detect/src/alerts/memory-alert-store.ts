import type { Alert } from '@outrider/domain/detection/alert';
import { ConflictError } from '@outrider/platform/errors';
import { AlertStore, type AlertQuery, type StoredCampaign } from '@outrider/ports/alert-store';

/** Alerts of one offline run: nothing outlives it, nobody else writes. */
export class MemoryAlertStore extends AlertStore {
  readonly #alerts = new Map<string, Alert>();

  all(): readonly Alert[] {
    return [...this.#alerts.values()].sort((a, b) => a.detectedAt - b.detectedAt || (a.id < b.id ? -1 : 1));
  }

  override async find(tenant: string, id: string): Promise<Alert | undefined> {
    const alert = this.#alerts.get(id);
    return alert?.tenant === tenant ? alert : undefined;
  }

  override async list(query: AlertQuery): Promise<readonly Alert[]> {
    const found = this.all().filter(
      (alert) =>
        alert.tenant === query.tenant &&
        (!query.states || query.states.includes(alert.state)) &&
        (!query.types || query.types.includes(alert.type)) &&
        (!query.campaignId || alert.campaignId === query.campaignId) &&
        (!query.entity || (alert.entity.kind === query.entity.kind && alert.entity.id === query.entity.id)) &&
        (!query.range || (alert.firstSeenAt <= query.range.to && alert.lastSeenAt >= query.range.from)),
    );
    return found.reverse().slice(0, query.limit);
  }

  override async unresolved(): Promise<readonly Alert[]> {
    return this.all().filter((alert) => alert.state !== 'resolved');
  }

  override async insert(alert: Alert): Promise<void> {
    if (this.#alerts.has(alert.id)) throw new ConflictError('this alert exists');
    this.#alerts.set(alert.id, alert);
  }

  override async save(alert: Alert): Promise<void> {
    const stored = this.#alerts.get(alert.id);
    if (stored?.revision !== alert.revision - 1) throw new ConflictError(`alert ${alert.id} has changed`);
    this.#alerts.set(alert.id, { ...alert, campaignId: stored.campaignId });
  }

  override async unevaluated(): Promise<readonly Alert[]> {
    return [];
  }

  /** Nobody else opens alerts here: who asks has heard of all of them. */
  override async related(): Promise<readonly Alert[]> {
    return [];
  }

  override async joinCampaigns(tenant: string, from: readonly string[], into: string): Promise<void> {
    const moved = new Set(from);
    for (const alert of this.#alerts.values())
      if (alert.tenant === tenant && moved.has(alert.campaignId))
        this.#alerts.set(alert.id, { ...alert, campaignId: into });
  }

  override async campaigns(): Promise<readonly StoredCampaign[]> {
    throw new Error('campaigns of a run are made from all()');
  }
}
