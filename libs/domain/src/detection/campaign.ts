import type { Alert } from './alert.ts';
import { belongTogether, traceOf, type LinkedAlert, type Trace } from './campaign-link.ts';

/** Alerts that are compared with new ones; about 5 KB each. The one that was not heard of for longest goes first. */
const MAX_ALERTS = 10_000;
/** Alerts that are looked at for one consumer, credential, address or network, the newest. */
const MAX_OF_ONE = 64;

export type CampaignAlert = LinkedAlert & Pick<Alert, 'id' | 'campaignId' | 'openedAt' | 'simulated'>;

export interface CampaignPlace {
  readonly id: string;
  /** Campaigns that are this one from now on: every alert of theirs has `id` now. */
  readonly joined: readonly string[];
}

interface Campaign {
  readonly id: string;
  /** When its first alert was opened, as far as it is known; ms. */
  since: number;
  /** At least one of its alerts is not simulated. */
  real: boolean;
  readonly members: Set<Member>;
}

interface Member {
  readonly id: string;
  readonly trace: Trace;
  readonly simulated: boolean;
  campaign: Campaign;
}

/**
 * Which alerts are one story. Depends on nothing but what it is given, in the order in which it is given: the same alerts make the same campaigns.
 * A campaign has the id of its first alert; of two that turn out to be one, the older stays. A simulated alert is shown with the
 * story that it belongs to, and never makes two of them one.
 */
export class CampaignIndex {
  /** Least recently heard of first. */
  readonly #members = new Map<string, Member>();
  /** By those in them, and by the network and type where neighbours count. */
  readonly #postings = new Map<string, Set<Member>>();
  readonly #campaigns = new Map<string, Campaign>();

  constructor(private readonly maxAlerts = MAX_ALERTS) {}

  get size(): number {
    return this.#members.size;
  }

  /** Where an alert belongs as it is now; its relatives are those that the index has heard of. */
  campaignOf(alert: CampaignAlert): CampaignPlace {
    const own = this.#members.get(alert.id)?.campaign ?? this.#known(alert);
    const trace = traceOf(alert);
    const linked = this.#linked(alert, trace);
    if (own) linked.add(own);
    const stays = staying(alert, own, linked) ?? this.#campaign(alert.tenant, alert.campaignId, alert.openedAt);
    const joined: string[] = [];
    for (const campaign of linked) {
      if (campaign === stays || (alert.simulated && campaign.real)) continue;
      this.#absorb(alert.tenant, stays, campaign);
      joined.push(campaign.id);
    }
    this.#put(alert, trace, stays);
    return { id: stays.id, joined };
  }

  /** Takes over what is stored: the alert is in the campaign that it says, and so are all that were with it. */
  learn(alert: CampaignAlert): void {
    const own = this.#members.get(alert.id)?.campaign;
    const stored = this.#campaign(alert.tenant, alert.campaignId, alert.openedAt);
    if (own && own !== stored) this.#absorb(alert.tenant, stored, own);
    this.#put(alert, traceOf(alert), stored);
  }

  /** The campaign of an alert that the index has heard of. */
  idOf(alertId: string): string | undefined {
    return this.#members.get(alertId)?.campaign.id;
  }

  /** The alert does not exist after all. */
  forget(alertId: string): void {
    const member = this.#members.get(alertId);
    if (member) this.#drop(member);
  }

  /** A campaign that an alert says it is in; none when it says that it stands alone and nobody else is there. */
  #known({ id, tenant, campaignId, openedAt }: CampaignAlert): Campaign | undefined {
    return campaignId === id
      ? this.#campaigns.get(campaignKey(tenant, campaignId))
      : this.#campaign(tenant, campaignId, openedAt);
  }

  #linked(alert: CampaignAlert, trace: Trace): Set<Campaign> {
    const linked = new Set<Campaign>();
    for (const key of postingsOf(trace))
      for (const other of this.#postings.get(key) ?? []) {
        if (other.id === alert.id || linked.has(other.campaign)) continue;
        // A simulated alert that is shown with a real story must not draw others into it.
        if (!alert.simulated && other.simulated && other.campaign.real) continue;
        if (belongTogether(trace, other.trace)) linked.add(other.campaign);
      }
    return linked;
  }

  #campaign(tenant: string, id: string, since: number): Campaign {
    const key = campaignKey(tenant, id);
    const known = this.#campaigns.get(key);
    if (known) return known;
    const made: Campaign = { id, since, real: false, members: new Set() };
    this.#campaigns.set(key, made);
    return made;
  }

  #absorb(tenant: string, stays: Campaign, goes: Campaign): void {
    for (const member of goes.members) {
      member.campaign = stays;
      stays.members.add(member);
    }
    goes.members.clear();
    stays.since = Math.min(stays.since, goes.since);
    stays.real ||= goes.real;
    this.#campaigns.delete(campaignKey(tenant, goes.id));
  }

  #put(alert: CampaignAlert, trace: Trace, campaign: Campaign): void {
    const known = this.#members.get(alert.id);
    if (known) this.#unlink(known);
    const member: Member = { id: alert.id, trace, simulated: alert.simulated, campaign };
    this.#members.set(alert.id, member);
    campaign.members.add(member);
    campaign.since = Math.min(campaign.since, alert.openedAt);
    campaign.real ||= !alert.simulated;
    for (const key of postingsOf(trace)) this.#post(key, member);
    const [oldest] = this.#members.values();
    if (oldest && this.#members.size > this.maxAlerts) this.#drop(oldest);
  }

  #post(key: string, member: Member): void {
    const posted = this.#postings.get(key) ?? new Set();
    this.#postings.set(key, posted.add(member));
    const [oldest] = posted;
    if (oldest && posted.size > MAX_OF_ONE) posted.delete(oldest);
  }

  #drop(member: Member): void {
    this.#unlink(member);
    const { campaign, trace } = member;
    if (campaign.members.size === 0) this.#campaigns.delete(campaignKey(trace.tenant, campaign.id));
  }

  #unlink(member: Member): void {
    this.#members.delete(member.id);
    member.campaign.members.delete(member);
    for (const key of postingsOf(member.trace)) {
      const posted = this.#postings.get(key);
      posted?.delete(member);
      if (posted?.size === 0) this.#postings.delete(key);
    }
  }
}

const postingsOf = ({ tenant, participants, neighbours }: Trace): string[] => {
  const keys = [...participants].map((participant) => `${tenant}|${participant}`);
  return neighbours === undefined ? keys : [...keys, `${tenant}|${neighbours}`];
};

const campaignKey = (tenant: string, id: string): string => `${tenant}|${id}`;

/** The campaign whose id the others take; undefined when there is none yet. */
const staying = (
  alert: CampaignAlert,
  own: Campaign | undefined,
  linked: ReadonlySet<Campaign>,
): Campaign | undefined => {
  if (!alert.simulated) return oldest(linked);
  if (own?.real) return own;
  return oldest([...linked].filter(({ real }) => real)) ?? oldest(linked);
};

const oldest = (campaigns: Iterable<Campaign>): Campaign | undefined =>
  [...campaigns].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))[0];
