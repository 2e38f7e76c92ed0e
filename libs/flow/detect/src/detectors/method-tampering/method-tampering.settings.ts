import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const points = (value: number) => z.number().int().min(1).max(10_000).default(value);

/** Methods tried out on paths. */
export const MethodTamperingSettings = detectorSettings({
  /** Different pairs of method and path in ten minutes, as points: odd methods 2, refused ordinary ones 1. */
  points: points(5),
  high: points(24),
  /** Method overrides in a row, less than ten minutes apart, where nobody uses any. */
  overrides: points(3),
  /** Time that a consumer must be known before its overrides are news, hours of event time, and its requests until then. */
  overrideHours: z.number().min(0).max(2160).default(0.5),
  overrideRequests: points(20),
});
export type MethodTamperingSettings = z.infer<typeof MethodTamperingSettings>;
