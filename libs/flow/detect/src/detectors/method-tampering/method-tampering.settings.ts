import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const points = (value: number) => z.number().int().min(1).max(10_000).default(value);

/** Methods tried out on paths. */
export const MethodTamperingSettings = detectorSettings({
  /** Different pairs of method and path in ten minutes, as points: odd methods 2, refused ordinary ones 1. */
  points: points(5),
  high: points(24),
});
export type MethodTamperingSettings = z.infer<typeof MethodTamperingSettings>;
