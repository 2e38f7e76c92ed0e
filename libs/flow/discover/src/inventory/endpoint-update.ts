import { randomUUID } from 'node:crypto';
import type { EndpointChange, EndpointTraffic, KnownEndpoint } from '@outrider/domain/endpoints/known-endpoint';
import type { EndpointStatistics } from '@outrider/ports/event-store';

/** Names of one endpoint, and classes of one, that are kept: what clients invent is without end. */
const MAX_PARAMETERS = 100;
const MAX_CLASSES = 12;
const MAX_NAME = 128;
/** Good answers of which nearly all, or nearly none, had a consumer or a credential. */
const MIN_JUDGED = 50;
const AUTHENTICATED = 0.98;
const UNAUTHENTICATED = 0.9;

/** Parameter → classes of its values. */
export type Parameters = Readonly<Record<string, readonly string[]>>;

export interface Seen {
  readonly statistics: EndpointStatistics | undefined;
  readonly parameters: Parameters;
  readonly dataClasses: readonly string[];
}

export interface UpdateOptions {
  readonly now: number;
  /** Of the statistics. */
  readonly days: number;
  readonly silentAfterMs: number;
}

/** An endpoint with what was seen of it since, and the changes that this makes. Nothing is new at an endpoint's first look. */
export const updateEndpoint = (
  endpoint: KnownEndpoint,
  seen: Seen,
  { now, days, silentAfterMs }: UpdateOptions,
): { readonly endpoint: KnownEndpoint; readonly changes: readonly EndpointChange[] } => {
  const isFirst = endpoint.traffic === null;
  const { id: endpointId, tenant, method, template, serviceName } = endpoint;
  const changes: EndpointChange[] = [];
  const change = (kind: EndpointChange['kind'], detail = ''): void => {
    if (isFirst && kind !== 'silent') return;
    const endpointName = `${method} ${template}`;
    changes.push({ id: randomUUID(), tenant, endpointId, endpoint: endpointName, serviceName, at: now, kind, detail });
  };
  const parameters = merged(endpoint.parameters, seen.parameters, (what) => change('parameter', what));
  const newClasses = seen.dataClasses.filter((one) => !endpoint.dataClasses.includes(one));
  for (const one of newClasses) change('data-class', one);
  const traffic = seen.statistics === undefined ? endpoint.traffic : trafficOf(seen.statistics, days);
  if (lostAuthentication(endpoint.traffic, traffic)) change('unauthenticated');
  const isSilent = now - endpoint.lastSeenAt >= silentAfterMs;
  if (isSilent && endpoint.state === 'active') change('silent');
  if (!isSilent && endpoint.state === 'silent') change('back');
  const state = endpoint.state === 'replaced' ? 'replaced' : isSilent ? 'silent' : 'active';
  const dataClasses = [...endpoint.dataClasses, ...newClasses].sort();
  return { endpoint: { ...endpoint, state, parameters, dataClasses, traffic }, changes };
};

/** `page=int:2&sort=word:4&limit=20` → page: int, sort: word, limit: int. What has no class is a plain number or a UUID. */
export const parametersOf = (query: string): [name: string, valueClass: string][] =>
  query.split('&').flatMap((part): [string, string][] => {
    const at = part.indexOf('=');
    const name = (at === -1 ? part : part.slice(0, at)).slice(0, MAX_NAME);
    if (name === '') return [];
    const value = at === -1 ? '' : part.slice(at + 1);
    return [[name, /^([a-z][a-z0-9-]{0,23}):\d+$/.exec(value)?.[1] ?? plainClass(value)]];
  });

const plainClass = (value: string): string => {
  if (value === '') return 'empty';
  if (/^-?\d{1,20}$/.test(value)) return 'int';
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(value) ? 'uuid' : 'text';
};

const merged = (before: Parameters, seen: Parameters, isNew: (what: string) => void): Record<string, string[]> => {
  const all = new Map(Object.entries(before).map(([name, classes]) => [name, [...classes]]));
  for (const [name, classes] of Object.entries(seen)) {
    const known = all.get(name);
    if (known === undefined && all.size >= MAX_PARAMETERS) continue;
    const list = known ?? [];
    all.set(name, list);
    for (const one of classes) {
      if (list.includes(one) || list.length >= MAX_CLASSES) continue;
      list.push(one);
      isNew(`${name}=${one}`);
    }
  }
  return Object.fromEntries([...all].map(([name, classes]) => [name, classes.sort()]));
};

const trafficOf = (s: EndpointStatistics, days: number): EndpointTraffic => {
  const good = s.status2xx + s.status3xx;
  return {
    days,
    requests: s.requests,
    callers: s.callers,
    status2xx: s.status2xx,
    status3xx: s.status3xx,
    status4xx: s.status4xx,
    status5xx: s.status5xx,
    authenticatedShare: good === 0 ? 0 : Math.min(1, s.authenticated / good),
    requestBytes: Math.round(s.requestBytes / Math.max(1, s.requests)),
    responseBytes: Math.round(s.responseBytes / Math.max(1, s.requests)),
    latencyP50Ms: s.latencyP50Ms,
    latencyP95Ms: s.latencyP95Ms,
    latencyP99Ms: s.latencyP99Ms,
  };
};

const lostAuthentication = (before: EndpointTraffic | null, after: EndpointTraffic | null): boolean =>
  before !== null &&
  after !== null &&
  before.status2xx + before.status3xx >= MIN_JUDGED &&
  after.status2xx + after.status3xx >= MIN_JUDGED &&
  before.authenticatedShare >= AUTHENTICATED &&
  after.authenticatedShare < UNAUTHENTICATED;
