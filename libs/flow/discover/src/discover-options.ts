import * as z from 'zod';

const MINUTE_MS = 60_000;

export const DiscoverOptions = z.object({
  /** Between rounds of learning; ms. */
  learnEveryMs: z.number().int().min(100).max(600_000).default(30_000),
  /** Between saves of what was learned but changed no template; ms. */
  saveEveryMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(5 * MINUTE_MS),
  /** Between rounds of the inventory; ms. */
  inventoryEveryMs: z
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(5 * MINUTE_MS),
  /** Without a good answer for this long an endpoint is silent; ms. */
  silentAfterMs: z
    .number()
    .int()
    .min(MINUTE_MS)
    .max(366 * 86_400_000)
    .default(7 * 86_400_000),
});
export type DiscoverOptions = Readonly<z.output<typeof DiscoverOptions>>;
