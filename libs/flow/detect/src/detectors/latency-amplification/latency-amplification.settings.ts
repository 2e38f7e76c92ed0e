import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const share = (value: number) => z.number().min(0).max(1).default(value);
const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);

/** Few requests that keep the upstream busy. Windows are 10 min. */
export const LatencyAmplificationSettings = detectorSettings({
  /** Upstream time of a request that weighs, and of one that is noticed; ms. */
  slowMs: z.number().int().min(100).max(600_000).default(3000),
  tardyMs: z.number().int().min(50).max(600_000).default(1000),
  /** Slow requests of one caller. */
  count10m: count(20),
  /** Upstream time that they took together; s. */
  seconds10m: z.number().min(1).max(100_000).default(60),
  /** Fewer that took longer, of a caller that was hardly ever slow before. */
  heavyCount10m: count(9),
  heavySeconds10m: z.number().min(1).max(100_000).default(75),
  /** Part of the service's tardy upstream time that is this caller's. */
  minTimeShare: share(0.5),
  /** Part of the endpoint's requests that ever were tardy: above it the endpoint is slow by nature. */
  maxUsualTardy: share(0.05),
  /** Part of the other callers' requests to the service that are tardy now: above it the service is unwell. */
  maxOthersTardy: share(0.2),
  /** Requests of others that can tell, and requests that the endpoint had before. */
  minOthers: count(8),
  /** Where there are fewer: so many since the slow ones began, and none of them tardy. */
  minQuietOthers: count(3),
  /** Where there is but one: so many slow ones, times what the endpoint usually brings in ten minutes, and callers that it has. */
  unheardCount10m: count(15),
  overEndpoint: z.number().min(1).max(1000).default(10),
  minEndpointCallers: count(4),
  /** Where there is none at all: seconds of upstream time in a second: who waits for its answers has one. */
  minParallel: z.number().min(1).max(1000).default(1.5),
  minEndpointRequests: count(100),
  /** Of an endpoint that had fewer: at least so many, none of them tardy, and so much upstream time (twice of exports); s. */
  minRareRequests: count(5),
  rareSeconds10m: z.number().min(1).max(100_000).default(150),
});
export type LatencyAmplificationSettings = Readonly<z.infer<typeof LatencyAmplificationSettings>>;
