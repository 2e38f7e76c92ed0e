/** What retention removes: each kind has its time. */
export const RETAINED = ['audit', 'deliveries', 'enforcements', 'alerts'] as const;
export type Retained = (typeof RETAINED)[number];

/** Removal of what is old (PostgreSQL), all tenants, in batches that block nobody for long. */
export abstract class RetentionStore {
  /**
   * Removes at most `limit` rows that ended before `before` (ms since epoch), and answers how many. Never what is still in use: pending
   * deliveries, live enforcements, unresolved alerts, nor the enforcements and deliveries of an unresolved alert, which keep what was done
   * from being done twice.
   */
  abstract prune(what: Retained, before: number, limit: number): Promise<number>;
}
