import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/**
 * The lane of the event's caller: 0 … lanes-1. The same ladder as `callerOf` (consumer with a credential, else credential, else address),
 * without making an entity for each event.
 */
export const laneOf = (event: ApiEvent, lanes: number): number => {
  if (event.credentialId === '') return fnv1a(event.clientIp, SEED_IP) % lanes;
  return event.consumerId === ''
    ? fnv1a(event.credentialId, SEED_CREDENTIAL) % lanes
    : fnv1a(event.consumerId, SEED_CONSUMER) % lanes;
};

const SEED_CONSUMER = 0x811c9dc5;
const SEED_CREDENTIAL = 0x811c9dc6;
const SEED_IP = 0x811c9dc7;

const fnv1a = (text: string, seed: number): number => {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};
