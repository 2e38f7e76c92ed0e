import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(10_000_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);
const ratio = (value: number) => z.number().min(1).max(1000).default(value);

/** Many addresses without credentials that ask a service for one and the same thing. */
export const DistributedFloodSettings = detectorSettings({
  /** Anonymous requests to the service in one minute below which nobody looks. */
  floor60s: count(200),
  /** Times what was usual: the quarter of an hour before, and the mean of this hour of the week. */
  overRecent: ratio(3),
  overUsual: ratio(3),
  /** Times the busiest minute ever seen. */
  overMax: ratio(1.2),
  /** Addresses that nobody saw 10 min ago and that asked for nothing else; and that asked so often. */
  drones: count(40),
  droneRequests: count(6),
  /** The same with fewer requests each. */
  lightDrones: count(300),
  lightDroneRequests: count(3),
  /** Part of the service's anonymous requests since the onset that they made. */
  minDroneShare: share(0.6),
  /** One address with a larger part of it is a spike of its own. */
  maxSingleShare: share(0.2),
});
export type DistributedFloodSettings = Readonly<z.infer<typeof DistributedFloodSettings>>;
