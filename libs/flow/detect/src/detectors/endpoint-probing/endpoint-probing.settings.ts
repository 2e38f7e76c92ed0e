import * as z from 'zod';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);

/** Scans for paths that might exist. */
export const EndpointProbingSettings = z.object({
  enabled: z.boolean().default(true),
  /** Different refused paths (ids in them, and files named by numbers, count once; paths that ever worked for anybody do not count). */
  distinct60s: count(15),
  distinct10m: count(50),
  /** A slow scan, over an hour and over a day: only when the paths have several parents or are those of word lists. */
  distinct1h: count(50),
  distinct24h: count(120),
  minParents: count(8),
  /** Times these limits for 401: a client whose key expired asks for all that it knows. */
  unauthenticatedFactor: z.number().min(1).max(100).default(2),
  /** Times these limits for crawlers and for package managers, by what they call themselves. */
  crawlerFactor: z.number().min(1).max(100).default(4),
  packagesFactor: z.number().min(1).max(100).default(10),
  /** Different paths of word lists (`/.git/config`, `/backup.zip`, `/phpinfo.php`) of several kinds, whatever they were answered. */
  wordListPaths10m: count(8),
  wordListPaths24h: count(15),
  wordListKinds: z.number().int().min(1).max(8).default(3),
  /** Different refused paths within ten minutes that are enough where so many, and half of them, are names of word lists. */
  refusedWordPaths10m: count(8),
  refusedWords10m: count(4),
  /** The same from many addresses with one client stack, a few each: different paths within an hour, and addresses. */
  crowdPaths1h: count(25),
  crowdAddresses: count(8),
  /** Any refused paths within an hour, of addresses that are refused nearly all that they ask for; and different ones per refusal. */
  crowdRefused1h: count(64),
  crowdDistinctShare: share(0.8),
  /** Refused part of the caller's requests. */
  minErrorShare: share(0.8),
  /** From so many times the distinct limits on, a lower share is enough: a scan beside ordinary traffic. */
  blatantFactor: z.number().min(1).max(100).default(2),
  blatantErrorShare: share(0.3),
  /** Different paths per refusal: below it a few dead links are repeated. */
  minDistinctShare: share(0.5),
  /** Quiet time after which the alert is over; minutes of event time. */
  quietMinutes: z.number().min(1).max(1440).default(60),
});
export type EndpointProbingSettings = Readonly<z.infer<typeof EndpointProbingSettings>>;
