import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Searches for consoles, diagnostics, descriptions and secret files. */
export const PrivilegedPathProbingSettings = detectorSettings({
  /** Different places that were refused in ten minutes. */
  distinct10m: z.number().int().min(2).max(1000).default(3),
  /** The same of slow searches, in a day. */
  distinct24h: z.number().int().min(2).max(1000).default(8),
  /** From so many on it is high. */
  high: z.number().int().min(2).max(1000).default(12),
});
export type PrivilegedPathProbingSettings = z.infer<typeof PrivilegedPathProbingSettings>;
