import type { Logger } from '@outrider/platform/logger';
import type { logCreator } from 'kafkajs';

/**
 * kafkajs's log through ours. What it calls an error is one failed attempt of many, a dozen a second while a broker is away: what it comes
 * to is logged by the bus itself. Only the message and names of places are taken over; stacks and whole objects are not.
 */
export const kafkaLog =
  (log: Logger): logCreator =>
  () =>
  ({ namespace, log: entry }) =>
    log.debug({ part: namespace, ...placesOf(entry) }, `kafka: ${entry.message}`);

const PLACES = ['broker', 'groupId', 'topic', 'partition', 'memberId', 'retryCount', 'error'] as const;

const placesOf = (entry: Readonly<Record<string, unknown>>): Record<string, string | number> => {
  const places: Record<string, string | number> = {};
  for (const name of PLACES) {
    const value = entry[name];
    if (typeof value === 'string') places[name] = value.slice(0, 300);
    else if (typeof value === 'number') places[name] = value;
  }
  return places;
};
