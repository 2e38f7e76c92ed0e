import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Log lines whose time cannot be right. */
export const LogLossSettings = detectorSettings({
  /** Time by which a request began after its line was received; minutes. */
  maxAheadMinutes: z.number().min(1).max(1440).default(5),
  /** Such lines of one gateway in 10 min, and their part of its lines. */
  count10m: z.number().int().min(1).max(1_000_000).default(20),
  minShare: z.number().min(0).max(1).default(0.01),
});
export type LogLossSettings = Readonly<z.infer<typeof LogLossSettings>>;
