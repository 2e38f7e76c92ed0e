import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerIdOf, callerKindOf, type EntityKind } from '@outrider/domain/traffic/entity';

/** `tenant|kind|id` of the event's caller, the key of all windows: what `callerOf` says, without making an object. */
export const callerKeyOf = (event: ApiEvent): string =>
  `${event.tenant}${BETWEEN[callerKindOf(event)]}${callerIdOf(event)}`;

/** One piece of text less to join for every event. */
const BETWEEN = { consumer: '|consumer|', credential: '|credential|', ip: '|ip|' } as const;

/** The same of who is known by kind and id. */
export const callerKey = (tenant: string, kind: EntityKind, id: string): string => `${tenant}|${kind}|${id}`;

/** `tenant|kind`: callers that can be compared. */
export const groupNameOf = (event: ApiEvent): string => `${event.tenant}|${callerKindOf(event)}`;

export interface CallerRef {
  readonly tenant: string;
  readonly kind: EntityKind;
  readonly id: string;
}

/** Tenants are slugs and kinds are words, so that only the id may hold a `|`. */
export const parseCallerKey = (key: string): CallerRef => {
  const first = key.indexOf('|');
  const second = key.indexOf('|', first + 1);
  const kind = key.slice(first + 1, second);
  return {
    tenant: key.slice(0, first),
    kind: kind === 'ip' ? 'ip' : kind === 'credential' ? 'credential' : 'consumer',
    id: key.slice(second + 1),
  };
};
