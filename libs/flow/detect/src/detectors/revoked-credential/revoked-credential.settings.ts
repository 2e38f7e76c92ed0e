import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** A credential that no longer works, in other hands. */
export const RevokedCredentialSettings = detectorSettings(
  {
    /** Accepted requests from which a credential counts as known. */
    minGood: z.number().int().min(1).max(1_000_000).default(20),
    /** Time between its first and its last accepted request; hours. Tokens and sessions that end by themselves are shorter. */
    minAgeHours: z.number().min(0).max(720).default(12),
    /** Refused requests from where it was never used, in an hour. */
    minRefused: z.number().int().min(1).max(100_000).default(5),
    /**
     * Of a younger one: requests that it was accepted with, time, and refusals from elsewhere of a program that never had it. Few good ones are
     * enough: of a token that ended its own program would try it again, not another one in another network.
     */
    minGoodYoung: z.number().int().min(1).max(1_000_000).default(10),
    minAgeHoursYoung: z.number().min(0).max(720).default(0.5),
    minRefusedYoung: z.number().int().min(1).max(100_000).default(15),
    /** Networks far apart (/16 or /32) from which on a credential is a public one: an app's, in everybody's hands. */
    publicNetworks: z.number().int().min(2).max(16).default(12),
    /** Also tell of its own places that go on trying, in an hour, this long after it stopped; 0 never. A forgotten job. */
    ownRefused: z.number().int().min(0).max(100_000).default(0),
    ownGraceDays: z.number().min(0).max(90).default(7),
  },
  60,
);
export type RevokedCredentialSettings = z.infer<typeof RevokedCredentialSettings>;
