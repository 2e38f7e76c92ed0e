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
    /**
     * What a sure finding of each severity weighs; one of no confidence weighs half. Three low ones of different families, each about as sure as
     * low ones are (0.55), are an incident as long as they are of one hour; two of them and an info are none.
     */
    infoWeight: weight(0.3),
    lowWeight: weight(0.72),
    mediumWeight: weight(0.78),
  },
  240,
);
export type CompositeRiskSettings = Readonly<z.infer<typeof CompositeRiskSettings>>;
