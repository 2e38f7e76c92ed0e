import * as z from 'zod';

/** Whom no automatic or manual block may touch. `address` takes an address or a CIDR; `consumer` an id, user name or custom id. */
export const NeverBlockEntry = z.object({
  id: z.uuid(),
  kind: z.enum(['consumer', 'credential', 'address']),
  value: z.string().min(1).max(256),
  reason: z.string().max(500),
});
export type NeverBlockEntry = Readonly<z.infer<typeof NeverBlockEntry>>;

export const GuardRails = z
  .object({
    /** On: nothing is applied any more (undo goes on). */
    killSwitch: z.boolean(),
    /** On: every decision is only simulated, whatever its policy says. */
    simulateAll: z.boolean(),
    /** Enforcements that may begin within one hour (per tenant). */
    capPerHour: z.number().int().min(0).max(100_000),
    /** Private, loopback, link-local and carrier-grade NAT addresses are never blocked while this is on. */
    neverBlockPrivate: z.boolean(),
    neverBlock: z.array(NeverBlockEntry),
  })
  .meta({ id: 'GuardRails' });
export type GuardRails = Readonly<z.infer<typeof GuardRails>>;

export const DEFAULT_GUARD_RAILS: GuardRails = {
  killSwitch: false,
  simulateAll: false,
  capPerHour: 60,
  neverBlockPrivate: true,
  neverBlock: [],
};
