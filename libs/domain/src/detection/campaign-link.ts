import { isCallerKind } from '../traffic/caller-partition.ts';
import { entityKey } from '../traffic/entity.ts';
import { prefixOf } from '../traffic/ip-address.ts';
import { familyOf } from './alert-family.ts';
import type { Alert, AlertType } from './alert.ts';

/** Alerts further apart than this in event time are different stories; ms. */
export const CAMPAIGN_GAP_MS = 30 * 60_000;
/** Neighbours are strangers unless they do the same at the same time: further apart than this in event time they are; ms. */
const NEIGHBOUR_GAP_MS = 60_000;
/** Contributors that two alerts must have in common, beside being half of the smaller list: two busy addresses are in everything. */
const COMMON_CONTRIBUTORS = 3;
const COMMON_SHARE = 0.5;

/** Alerts about everybody who uses a service, not about one caller. */
const ESTATE_WIDE: ReadonlySet<AlertType> = new Set<AlertType>([
  'error-spike',
  'distributed-flood',
  'credential-stuffing',
  'latency-amplification',
  'traffic-drop',
  'shared-fingerprint',
]);

export type LinkedAlert = Pick<
  Alert,
  'tenant' | 'type' | 'entity' | 'contributors' | 'scope' | 'firstSeenAt' | 'lastSeenAt'
>;

/** Whom an alert speaks of, as a comparison needs it. `participants` has `caller` in it. */
export interface Trace {
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
  /** Key of the consumer, credential or address that it is about; undefined when it is about a service, route, endpoint or gateway. */
  readonly caller: string | undefined;
  /** Keys of all consumers, credentials and addresses in it. */
  readonly participants: ReadonlySet<string>;
  /** Type and network, of an alert about an address; see `neighboursOf`. */
  readonly neighbours: string | undefined;
  readonly estateWide: boolean;
  readonly services: ReadonlySet<string>;
}

export const traceOf = (alert: LinkedAlert): Trace => {
  const { entity, scope } = alert;
  const services = entity.kind === 'service' ? [entity.id, entity.name, ...scope.services] : scope.services;
  return {
    tenant: alert.tenant,
    from: alert.firstSeenAt,
    to: alert.lastSeenAt,
    caller: isCallerKind(entity.kind) ? entityKey(entity) : undefined,
    participants: new Set(participantsOf(alert)),
    neighbours: neighboursOf(alert),
    estateWide: ESTATE_WIDE.has(alert.type),
    services: new Set(services),
  };
};

/** What a search for an alert's relatives goes by: `participantsOf` and `neighboursOf`; at most twelve. */
export const linkKeysOf = (alert: Pick<Alert, 'type' | 'entity' | 'contributors'>): string[] => {
  const neighbours = neighboursOf(alert);
  return neighbours === undefined ? participantsOf(alert) : [...participantsOf(alert), neighbours];
};

/**
 * What alerts of neighbouring addresses (one /24, one /48) have in common, who are of one type; undefined for all that are not about an
 * address, and for what is one person's habit or way of life: a carrier's customers are neighbours too.
 */
export const neighboursOf = ({ type, entity }: Pick<Alert, 'type' | 'entity'>): string | undefined => {
  if (entity.kind !== 'ip' || familyOf(type) === 'identity') return undefined;
  const prefix = prefixOf(entity.id);
  return prefix === '' ? undefined : `near:${type}|${prefix}`;
};

/** Keys of the consumers, credentials and addresses of an alert; at most eleven. */
export const participantsOf = ({ entity, contributors }: Pick<Alert, 'entity' | 'contributors'>): string[] => [
  ...new Set(
    [entity, ...contributors.map((one) => one.entity)].filter(({ kind }) => isCallerKind(kind)).map(entityKey),
  ),
];

/** Whether two alerts tell one story: close in time, and about the same callers; or the same of neighbours, at the same time. */
export const belongTogether = (a: Trace, b: Trace): boolean =>
  a.tenant === b.tenant &&
  isWithin(CAMPAIGN_GAP_MS, a, b) &&
  (names(a, b) ||
    names(b, a) ||
    sharesMany(contributorsOf(a), contributorsOf(b)) ||
    (a.neighbours !== undefined && a.neighbours === b.neighbours && isWithin(NEIGHBOUR_GAP_MS, a, b)));

const isWithin = (gapMs: number, a: Trace, b: Trace): boolean => a.from - gapMs <= b.to && b.from - gapMs <= a.to;

/** The caller that `b` is about is the one of `a`, or one of those in it. */
const names = (a: Trace, b: Trace): boolean =>
  b.caller !== undefined &&
  a.participants.has(b.caller) &&
  // Whoever uses a service is in an alert about the service: it must be about all of them, and on what the caller did there.
  (a.caller !== undefined || (a.estateWide && shares(a.services, b.services)));

const contributorsOf = ({ caller, participants }: Trace): ReadonlySet<string> => {
  if (caller === undefined) return participants;
  const others = new Set(participants);
  others.delete(caller);
  return others;
};

const sharesMany = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  const smaller = Math.min(a.size, b.size);
  if (smaller < COMMON_CONTRIBUTORS) return false;
  let common = 0;
  for (const key of a) if (b.has(key)) common++;
  return common >= COMMON_CONTRIBUTORS && common >= COMMON_SHARE * smaller;
};

const shares = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  for (const key of a) if (b.has(key)) return true;
  return false;
};
