import * as z from 'zod';
import { DetectSettings } from './settings.ts';

/** How the stage runs; all have defaults. */
export const DetectOptions = z.object({
  settings: DetectSettings.prefault({}),
  /** Folder of the user's rules (YAML); absent: none. */
  rulesDir: z.string().min(1).optional(),
  /** A block of events is stored at the latest after this; ms. */
  maxBlockAgeMs: z.number().int().min(1).max(10_000).default(1_000),
  maxBlockRows: z.number().int().min(1).max(1_000_000).default(20_000),
  /** An event id is remembered at least this long; ms of time of receipt. */
  duplicateHorizonMs: z.number().int().min(1_000).max(86_400_000).default(900_000),
  /** Ids remembered at most, 27 to 53 bytes each. */
  duplicateMaxIds: z.number().int().min(1_000).max(64_000_000).default(4_000_000),
  /** Ids read back from the store when partitions are taken over, beside those of the windows. */
  seenAtStart: z.number().int().min(0).max(4_000_000).default(300_000),
  /** Event time that the windows of a partition are rebuilt from when it is taken over; ms before its newest stored event. */
  replayMs: z.number().int().min(0).max(3_600_000).default(900_000),
  /** The same for what detectors know by heart, as far as `maxReplayed` reaches; ms. Estate-wide detectors on the leader as well. */
  learnMs: z
    .number()
    .int()
    .min(0)
    .max(31 * 86_400_000)
    .default(7 * 86_400_000),
  /** How often the leader looks for outages of services; ms. */
  serviceHealthMs: z.number().int().min(50).max(10_000).default(5_000),
  /** Events replayed at most, those that were received last, about 45 µs of CPU each: how long a start or a takeover may last. */
  maxReplayed: z.number().int().min(1_000).max(100_000_000).default(1_000_000),
  /** How often our own enforcements are read; ms. */
  blocksRefreshMs: z.number().int().min(100).max(60_000).default(2_000),
  /** How often alerts are looked at that may be over or wait to be written; ms. */
  tickMs: z.number().int().min(50).max(60_000).default(1_000),
  /** At most one write an alert in this time unless it became worse; ms. */
  alertUpdateEveryMs: z.number().int().min(0).max(60_000).default(2_000),
});
export type DetectOptions = Readonly<z.infer<typeof DetectOptions>>;
