import * as z from 'zod';

/** A message of CHANGES_TOPIC (JSON). */
export const Change = z.object({
  v: z.literal(1),
  tenant: z.string(),
  kind: z.enum(['alert', 'enforcement', 'policy']),
  id: z.string(),
  revision: z.number().int(),
  /** e.g. `opened`, `updated`, `resolved`; the state of an enforcement. */
  change: z.string(),
  at: z.number(),
});
export type Change = Readonly<z.infer<typeof Change>>;
