import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const weight = (value: number) => z.number().min(0).max(1).default(value);

/** Weak signs of several kinds on one caller. */
export const CompositeRiskSettings = detectorSettings(
  {
    /** Time after which a finding counts for half; hours. */
    halfLifeHours: z.number().min(1).max(720).default(24),
    minRisk: z.number().min(0).max(1).default(0.9),
    minFamilies: z.number().int().min(2).max(11).default(3),
    /** What a sure finding of each severity weighs. One of no confidence weighs half. */
    infoWeight: weight(0.3),
    lowWeight: weight(0.6),
    mediumWeight: weight(0.75),
  },
  240,
);
export type CompositeRiskSettings = Readonly<z.infer<typeof CompositeRiskSettings>>;
