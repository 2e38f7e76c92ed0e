import type { EntityKind } from './entity.ts';

/** The entities that events are keyed by. */
export type CallerKind = 'consumer' | 'credential' | 'ip';

export const isCallerKind = (kind: EntityKind): kind is CallerKind =>
  kind === 'consumer' || kind === 'credential' || kind === 'ip';

/**
 * The partition of the events topic, 0 … partitions - 1, that a caller's events are published to. Whoever publishes and whoever asks which
 * process watches a caller must agree on it; after a change of the number of partitions, events published before are elsewhere.
 */
export const callerPartition = (kind: CallerKind, id: string, partitions: number): number =>
  fnv1a(id, SEEDS[kind]) % partitions;

const SEEDS = { consumer: 0x811c9dc5, credential: 0x811c9dc6, ip: 0x811c9dc7 } as const;

const fnv1a = (text: string, seed: number): number => {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};
