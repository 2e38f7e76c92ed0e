import * as z from 'zod';

const Entity = z.object({ kind: z.string(), id: z.string(), name: z.string() });
const Time = z.string().transform((text) => Date.parse(text));

/** What the evaluation reads of a line of `analyze --format ndjson`. */
export const AlertLine = z.object({
  type: z.string(),
  entity: Entity,
  severity: z.enum(['info', 'low', 'medium', 'high', 'critical']),
  confidence: z.number(),
  detectedAt: Time,
  firstSeenAt: Time,
  lastSeenAt: Time,
  explanation: z.string(),
  contributors: z.array(z.object({ entity: Entity })).default([]),
});
export type AlertLine = z.infer<typeof AlertLine>;

/** The last line of analyze's standard error. */
export const Tally = z.object({ entries: z.number(), alerts: z.number(), seconds: z.number() });
export type Tally = z.infer<typeof Tally>;
