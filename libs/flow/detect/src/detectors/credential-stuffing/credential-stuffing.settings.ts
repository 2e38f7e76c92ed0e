import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';
import { DEFAULT_AUTH_WORDS } from '../brute-force/brute-force.settings.ts';

/** Lists of stolen passwords, tried from many addresses. */
export const CredentialStuffingSettings = detectorSettings(
  {
    /** Failed logins at one endpoint, within ten minutes (by clients of a kind, within an hour). */
    minFailures: z.number().int().min(10).max(1_000_000).default(40),
    /** Failed logins within ten minutes of kinds of client that hardly ever logged in there: those say more. */
    minSuspectFailures: z.number().int().min(10).max(1_000_000).default(30),
    /** Addresses that they came from. */
    minAddresses: z.number().int().min(5).max(100_000).default(25),
    /** Failures per address, on average: above it a few guess, which is brute force. */
    maxTriesPerAddress: z.number().min(1).max(100).default(5),
    /** Successes per failure up to which a kind of client is one that only tries. */
    maxSuccessRatio: z.number().min(0).max(1).default(0.1),
    /** Where the clients tell nothing apart: failed part of the logins, for certain … */
    minFailureShare: z.number().min(0).max(1).default(0.5),
    /** … and times the most logins in ten minutes so far. */
    minSurge: z.number().min(1).max(100).default(3),
    /** Part of the addresses that somebody logged in from before, from which on it is an outage of the login. */
    maxFamiliarShare: z.number().min(0).max(1).default(0.5),
    /** Words of a path that make it a login, as for brute-force. */
    authWords: z.array(z.string().min(2).max(40)).max(200).default(DEFAULT_AUTH_WORDS),
  },
  30,
);
export type CredentialStuffingSettings = z.infer<typeof CredentialStuffingSettings>;
