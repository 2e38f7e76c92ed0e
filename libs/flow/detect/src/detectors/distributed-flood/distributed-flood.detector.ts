import type { Severity } from '@outrider/domain/detection/alert';
import type { DistributedFloodSettings } from './distributed-flood.settings.ts';

export const DISTRIBUTED_FLOOD_VERSION = '1';

/** Anonymous requests to one service in the last minute against what is usual in one. */
export interface FloodRates {
  readonly last60s: number;
  /** Per minute, in the quarter of an hour before the onset; and on average at this hour of the week. */
  readonly recent: number;
  readonly usual: number;
  readonly max: number;
}

/** Addresses since the onset, each with all it asked of any service. */
export interface FloodCrowd {
  readonly requests: number;
  /** Fresh addresses with only one endpoint that is the commonest, and at least so many requests. */
  readonly drones: number;
  readonly droneRequests: number;
  readonly lightDrones: number;
  readonly lightDroneRequests: number;
  /** Largest part of one address, and refused credentials among the drones' answers. */
  readonly single: number;
  readonly unauthorised: number;
}

export interface FloodVerdict {
  readonly drones: number;
  readonly share: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Whether the rate alone is worth a look at who makes it. */
export const isRush = (rates: FloodRates, s: DistributedFloodSettings): boolean =>
  rates.last60s >= Math.max(s.floor60s, s.overRecent * rates.recent, s.overUsual * rates.usual, s.overMax * rates.max);

/**
 * Flags a rush of addresses that came from nowhere and ask one thing again and again, as people do not. False positives: a widget that
 * many visitors' browsers poll, from the moment that a crowd opens it (`drones`).
 */
export const judgeFlood = (crowd: FloodCrowd, s: DistributedFloodSettings): FloodVerdict | undefined => {
  const heavy = crowd.drones >= s.drones && crowd.droneRequests >= s.minDroneShare * crowd.requests;
  const light = crowd.lightDrones >= s.lightDrones && crowd.lightDroneRequests >= s.minDroneShare * crowd.requests;
  if (!heavy && !light) return undefined;
  if (crowd.single > s.maxSingleShare * crowd.requests) return undefined;
  // Guessing at a login from many addresses has its own detector.
  if (crowd.unauthorised * 2 >= crowd.requests) return undefined;
  const drones = heavy ? crowd.drones : crowd.lightDrones;
  const made = heavy ? crowd.droneRequests : crowd.lightDroneRequests;
  return {
    drones,
    share: made / crowd.requests,
    severity: drones >= 4 * (heavy ? s.drones : s.lightDrones) || light ? 'high' : 'medium',
    confidence: Math.min(0.9, 0.65 + 0.05 * Math.log2(drones / (heavy ? s.drones : s.lightDrones))),
  };
};
