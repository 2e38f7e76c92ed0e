import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerPartition } from '@outrider/domain/traffic/caller-partition';

/**
 * The lane of the event's caller: 0 … lanes-1. The same ladder as `callerOf` (consumer with a credential, else credential, else address),
 * without making an entity for each event.
 */
export const laneOf = (event: ApiEvent, lanes: number): number => {
  if (event.credentialId === '') return callerPartition('ip', event.clientIp, lanes);
  return event.consumerId === ''
    ? callerPartition('credential', event.credentialId, lanes)
    : callerPartition('consumer', event.consumerId, lanes);
};
