import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Endpoints that answer and stand in no document. */
export const ShadowEndpointSettings = detectorSettings(
  {
    /** Answers 2xx or 3xx, over so many hours, before an endpoint is more than noise. */
    minSuccesses: z.number().int().min(1).max(100_000).default(10),
    /** Endpoints told below one path; more of them are values that the templates do not show. */
    perArea: z.number().int().min(1).max(10_000).default(3),
    minHours: z.number().min(0).max(720).default(2),
  },
  1_440,
);
export type ShadowEndpointSettings = Readonly<z.infer<typeof ShadowEndpointSettings>>;
