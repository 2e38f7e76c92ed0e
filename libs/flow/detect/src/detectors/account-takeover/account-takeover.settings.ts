import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';
import { DEFAULT_AUTH_WORDS } from '../brute-force/brute-force.settings.ts';

/** A credential that works after many that did not. */
export const AccountTakeoverSettings = detectorSettings(
  {
    /** Failed logins in a row, of one client at one address, before the one that worked. */
    minFailures: z.number().int().min(3).max(1_000).default(6),
    /** The same where they and the success came by a clock of seconds, at an address that nobody ever logged in from: no person types like that. */
    minFailuresByClock: z.number().int().min(3).max(1_000).default(5),
    /** From so many on it is high rather than medium. */
    manyFailures: z.number().int().min(3).max(10_000).default(12),
    /** Where the client cannot be told from others behind its address, this many times more. */
    sharedFactor: z.number().min(1).max(20).default(2),
    /** Good logins of its address within one to two weeks, from which on many people share it: nothing is said of a row of failures there. */
    crowdLogins: z.number().int().min(2).max(1_000_000).default(20),
    /** Longest pause between two of them, and to the one that worked; minutes. */
    windowMinutes: z.number().min(1).max(1_440).default(30),
    /** How long a success counts as the guesser's after a finding of brute-force; minutes. */
    guesserMinutes: z.number().min(1).max(1_440).default(30),
    /** The same of a program after a finding of credential-stuffing, which comes again as long as it goes on; minutes. */
    stufferMinutes: z.number().min(1).max(1_440).default(10),
    /** Words of a path that make it a login, as for brute-force. */
    authWords: z.array(z.string().min(2).max(40)).max(200).default(DEFAULT_AUTH_WORDS),
  },
  60,
);
export type AccountTakeoverSettings = z.infer<typeof AccountTakeoverSettings>;
