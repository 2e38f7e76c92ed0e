import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Growth from day to day that no single day shows. */
export const SlowExfiltrationSettings = detectorSettings(
  {
    /** Full days with traffic before the days that are judged. */
    minDays: z.number().int().min(7).max(60).default(8),
    /** Of fewer days than this little is known: growth must be `youngGrowth` then. */
    youngDays: z.number().int().min(7).max(60).default(14),
    youngGrowth: z.number().min(1.1).max(1000).default(10),
    /** CUSUM of daily logarithms: allowance and limit in standard deviations. */
    allowance: z.number().min(0.1).max(5).default(0.5),
    limit: z.number().min(2).max(50).default(8),
    /** Last days against the days before, as a ratio; and times the ratio of the caller's peers. */
    growth: z.number().min(1.1).max(100).default(3),
    overPeers: z.number().min(1).max(100).default(3),
    /** Floor of the last day; bytes, or objects that it never asked for before. */
    floorBytes: z.number().min(1024).max(1e15).default(3_000_000),
    floorObjects: z.number().int().min(10).max(100_000_000).default(200),
  },
  2_880,
);
export type SlowExfiltrationSettings = z.infer<typeof SlowExfiltrationSettings>;
