import * as z from 'zod';
import { Entity, entityKey } from '../traffic/entity.ts';
import { prefixOf } from '../traffic/ip-address.ts';
import { AlertState, AlertType, SEVERITIES, Severity, type Alert } from './alert.ts';
import { severityRank } from './alert-lifecycle.ts';
import { familyOf } from './alert-family.ts';

const MAX_ENTITIES = 20;
const TITLE_TYPES = 4;
const FAMILIES_OF_A_STEP = 3;

const Instant = z.number().int().describe('ms since epoch');

/** Alerts that are one story, as people see it. */
export const Campaign = z
  .object({
    id: z.uuid(),
    tenant: z.string(),
    title: z.string(),
    severity: Severity.describe('of the worst alert; one step more when they are of three families or more'),
    state: AlertState.describe('open while one alert is; acknowledged while one is and none is open'),
    simulated: z.boolean().describe('all of its alerts are'),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    openedAt: Instant.describe('when its first alert was opened; wall clock, ms since epoch'),
    alerts: z.number().int(),
    types: z.array(z.object({ type: AlertType, alerts: z.number().int() })).describe('most alerts first'),
    entities: z.array(Entity).describe('whom and what the alerts are about, most alerts first; twenty at most'),
  })
  .meta({ id: 'Campaign' });
export type Campaign = Readonly<z.infer<typeof Campaign>>;

/** What a store counted over all alerts of a campaign. */
export type CampaignTotals = Pick<Campaign, 'state' | 'firstSeenAt' | 'lastSeenAt' | 'openedAt' | 'alerts'>;

/**
 * The story that alerts of one campaign tell: at least one. `totals` where there are more alerts than these. Simulated alerts do not make it
 * graver, unless there are no others.
 */
export const summarize = (alerts: readonly Alert[], totals: CampaignTotals = totalsOf(alerts)): Campaign => {
  const [first] = alerts;
  if (!first) throw new Error('a campaign has an alert');
  const real = alerts.filter(({ simulated }) => !simulated);
  const weighed = real.length > 0 ? real : alerts;
  const entities = byCount(alerts.map(({ entity }) => [entityKey(entity), entity]));
  const types = byCount(alerts.map(({ type }) => [type, type])).map(({ value, count }) => ({ type: value, alerts: count })); // prettier-ignore
  return {
    id: first.campaignId,
    tenant: first.tenant,
    title: titleOf(types, entities.map(({ value }) => value)), // prettier-ignore
    severity: severityOf(weighed),
    simulated: real.length === 0,
    ...totals,
    types,
    entities: entities.slice(0, MAX_ENTITIES).map(({ value }) => value),
  };
};

/** Alerts by their campaign, in the order of each campaign's first. */
export const byCampaign = (alerts: readonly Alert[]): Alert[][] => {
  const campaigns = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const known = campaigns.get(alert.campaignId);
    if (known) known.push(alert);
    else campaigns.set(alert.campaignId, [alert]);
  }
  return [...campaigns.values()];
};

const totalsOf = (alerts: readonly Alert[]): CampaignTotals => ({
  state: stateOf(alerts.map(({ state }) => state)),
  firstSeenAt: alerts.reduce((least, { firstSeenAt }) => Math.min(least, firstSeenAt), Infinity),
  lastSeenAt: alerts.reduce((most, { lastSeenAt }) => Math.max(most, lastSeenAt), -Infinity),
  openedAt: alerts.reduce((least, { openedAt }) => Math.min(least, openedAt), Infinity),
  alerts: alerts.length,
});

export const stateOf = (states: readonly AlertState[]): AlertState =>
  states.includes('open') ? 'open' : states.includes('acknowledged') ? 'acknowledged' : 'resolved';

const severityOf = (alerts: readonly Alert[]): Severity => {
  const worst = Math.max(...alerts.map(({ severity }) => severityRank(severity)));
  const families = new Set(alerts.map(({ type }) => familyOf(type)));
  const step = families.size >= FAMILIES_OF_A_STEP ? 1 : 0;
  return SEVERITIES[Math.min(worst + step, SEVERITIES.length - 1)] ?? 'critical';
};

const titleOf = (types: Campaign['types'], entities: readonly Entity[]): string => {
  const names = types.map(({ type }) => type);
  const more = names.length - TITLE_TYPES;
  const shown = more > 0 ? `${names.slice(0, TITLE_TYPES).join(', ')} and ${more} more` : names.join(', ');
  const whom = subjectOf(entities);
  return names.length === 1 ? `${shown} on ${whom}` : `${names.length} detectors on ${whom}: ${shown}`;
};

const subjectOf = ([first, ...others]: readonly Entity[]): string => {
  if (!first) return 'nobody';
  const prefix = first.kind === 'ip' && others.length > 0 ? prefixOf(first.id) : '';
  if (prefix !== '' && others.every(({ kind, id }) => kind === 'ip' && prefixOf(id) === prefix))
    return `${others.length + 1} addresses of ${prefix}`;
  const name = `${first.kind === 'ip' ? 'address' : first.kind} ${first.name === '' ? first.id : first.name}`;
  return others.length === 0 ? name : `${name} and ${others.length} more`;
};

/** Each value once, most frequent first, then in the order of their keys. */
const byCount = <T>(pairs: readonly (readonly [string, T])[]): { value: T; count: number }[] => {
  const counts = new Map<string, { value: T; count: number }>();
  for (const [key, value] of pairs) {
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { value, count: 1 });
  }
  return [...counts].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1)).map(([, counted]) => counted);
};
