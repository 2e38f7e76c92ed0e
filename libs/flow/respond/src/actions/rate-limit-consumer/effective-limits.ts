import type { GatewayPlugin } from '@outrider/ports/gateway-admin';

/** Kong's windows, shortest first. */
export const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
/** Requests per window; absent = not limited. */
export type Limits = Readonly<Partial<Record<(typeof PERIODS)[number], number>>>;

export const limitsOf = (plugin: Pick<GatewayPlugin, 'config'>): Limits =>
  Object.fromEntries(
    PERIODS.flatMap((period) => {
      const limit = plugin.config[period];
      return typeof limit === 'number' && limit > 0 ? [[period, limit]] : [];
    }),
  );

/** The tightest of each window; a window that any of them limits is limited. */
export const tightest = (all: readonly Readonly<Record<string, number | undefined>>[]): Limits =>
  ascending(
    Object.fromEntries(
      PERIODS.flatMap((period) => {
        const limits = all.flatMap((one) => one[period] ?? []);
        return limits.length === 0 ? [] : [[period, Math.min(...limits)]];
      }),
    ),
  );

/**
 * Kong refuses a longer window that allows less than a shorter one. Lowering the shorter to the longer's limit loosens nothing: more than that
 * could not pass in it anyway.
 */
const ascending = (limits: Limits): Limits => {
  const lowered: Partial<Record<(typeof PERIODS)[number], number>> = {};
  let bound = Infinity;
  for (const period of [...PERIODS].reverse()) {
    const limit = limits[period];
    if (limit === undefined) continue;
    bound = Math.min(bound, limit);
    lowered[period] = bound;
  }
  return lowered;
};
