import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Requests far larger than an endpoint ever takes. */
export const OversizedPayloadSettings = detectorSettings({
  /** Nothing smaller is oversized; bytes. */
  floorBytes: z.number().int().min(131_072).max(1_073_741_824).default(1_048_576),
  /** Times the 99.9th percentile of the endpoint's requests. */
  overUsual: z.number().min(1).max(1000).default(10),
  /** Such requests of one caller in 10 min. */
  count10m: z.number().int().min(1).max(1000).default(3),
  /** Requests of an endpoint from which its sizes are known. */
  minEndpointRequests: z.number().int().min(1).max(1_000_000).default(50),
  /** Fewer of them do where nothing but far larger bodies than this is told; bytes. */
  fewRequests: z.number().int().min(1).max(1_000_000).default(8),
  hugeBytes: z.number().int().min(131_072).max(1_073_741_824).default(10_485_760),
  /** The same of a service's requests with bodies, for endpoints that are not known. */
  minServiceWrites: z.number().int().min(1).max(1_000_000).default(200),
});
export type OversizedPayloadSettings = Readonly<z.infer<typeof OversizedPayloadSettings>>;
