import type { Alert } from '@outrider/domain/detection/alert';
import { CampaignIndex } from '@outrider/domain/detection/campaign';
import { CAMPAIGN_GAP_MS, neighboursOf, participantsOf } from '@outrider/domain/detection/campaign-link';
import type { AlertStore } from '@outrider/ports/alert-store';

/** Alerts that the store is asked for when one is opened. */
const MAX_RELATED = 50;
/** And of these, neighbours of its address: nearly always they are one campaign already, and must not crowd out its own. */
const MAX_NEIGHBOURS = 10;

export interface AlertCampaignsDeps {
  readonly store: Pick<AlertStore, 'related' | 'joinCampaigns'>;
  readonly onProblem: (error: unknown, alert: Alert) => void;
  readonly index?: CampaignIndex;
}

interface Joining {
  readonly alert: Alert;
  into: string;
}

/**
 * Gives alerts their campaign. What this process has seen is in its index; what others opened is asked from the store when an alert is opened,
 * and once more when it is first updated, since two processes may have opened one at the same moment. That two campaigns became one is
 * written as soon as the store takes it.
 */
export class AlertCampaigns {
  readonly #index: CampaignIndex;
  /** Campaigns that are still to be moved in the store, by tenant and id. At most one an alert that this process opened or holds. */
  readonly #joining = new Map<string, Joining>();

  constructor(private readonly deps: AlertCampaignsDeps) {
    this.#index = deps.index ?? new CampaignIndex();
  }

  /** Stored alerts: of before the start, or of another process. */
  learn(alerts: Iterable<Alert>): void {
    for (const alert of alerts) this.#index.learn(this.#asMoved(alert));
  }

  /** An alert that is about to be stored for the first time, with the campaign it belongs to. */
  async open(alert: Alert): Promise<Alert> {
    await this.#ask(alert);
    const { id, joined } = this.#index.campaignOf(alert);
    this.#toJoin(alert, joined, id);
    return { ...alert, campaignId: id };
  }

  /** A stored alert that has grown, with its campaign of now. */
  follow(alert: Alert): Alert {
    const { id, joined } = this.#index.campaignOf(alert);
    const own = alert.campaignId === id ? [] : [alert.campaignId];
    this.#toJoin(alert, [...new Set([...joined, ...own])], id);
    return { ...alert, campaignId: id };
  }

  /** Like `follow`, after a look at what other processes have opened. */
  async followAll(alert: Alert): Promise<Alert> {
    await this.#ask(alert);
    return this.follow(alert);
  }

  /** The alert with its campaign of now, for a row that was not written yet. */
  current(alert: Alert): Alert {
    const campaignId = this.#index.idOf(alert.id) ?? alert.campaignId;
    return campaignId === alert.campaignId ? alert : { ...alert, campaignId };
  }

  /** It was never stored. */
  forget(alertId: string): void {
    this.#index.forget(alertId);
  }

  /** Writes which campaigns became one. What the store does not take is tried again the next time. */
  async settle(): Promise<void> {
    const groups = new Map<string, { readonly alert: Alert; readonly into: string; readonly from: string[] }>();
    for (const [key, { alert, into }] of this.#joining) {
      const group = groups.get(`${alert.tenant}|${into}`) ?? { alert, into, from: [] };
      group.from.push(key.slice(alert.tenant.length + 1));
      groups.set(`${alert.tenant}|${into}`, group);
    }
    for (const { alert, into, from } of groups.values()) {
      try {
        await this.deps.store.joinCampaigns(alert.tenant, from, into);
      } catch (error) {
        this.deps.onProblem(error, alert);
        return;
      }
      for (const id of from) this.#joining.delete(`${alert.tenant}|${id}`);
    }
  }

  /** A store that does not answer costs a link to what other processes opened, never the alert. */
  async #ask(alert: Alert): Promise<void> {
    const { tenant, firstSeenAt, lastSeenAt } = alert;
    const range = { from: firstSeenAt - CAMPAIGN_GAP_MS, to: lastSeenAt + CAMPAIGN_GAP_MS };
    const participants = participantsOf(alert);
    const neighbours = neighboursOf(alert);
    try {
      if (participants.length > 0)
        this.learn(await this.deps.store.related({ tenant, participants, range, limit: MAX_RELATED }));
      if (neighbours !== undefined)
        this.learn(await this.deps.store.related({ tenant, participants: [neighbours], range, limit: MAX_NEIGHBOURS }));
    } catch (error) {
      this.deps.onProblem(error, alert);
    }
  }

  #toJoin(alert: Alert, from: readonly string[], into: string): void {
    const { tenant } = alert;
    if (from.length === 0) return;
    // A campaign that goes may be the one that others still wait to be moved to.
    for (const waiting of this.#joining.values())
      if (waiting.alert.tenant === tenant && from.includes(waiting.into)) waiting.into = into;
    for (const id of from) this.#joining.set(`${tenant}|${id}`, { alert, into });
    this.#joining.delete(`${tenant}|${into}`);
  }

  /** A row that was read before its campaign's move was written. */
  #asMoved(alert: Alert): Alert {
    const into = this.#joining.get(`${alert.tenant}|${alert.campaignId}`)?.into;
    return into === undefined ? alert : { ...alert, campaignId: into };
  }
}
