import * as z from 'zod';
import { Entity } from '../traffic/entity.ts';
import { KongAction } from './policy.ts';

/**
 * pending → applied (read back from Kong) → effective (propagation time has passed, or a refusal was seen in the log) → lifting → lifted.
 * `failed` is final only for what Kong refuses for good; while Kong is away it stays pending or lifting, with `lastError` and `attempts`.
 * `superseded`: another enforcement of the same kind on the same entity took its place. `simulated`, `refused`: nothing was changed.
 */
export const EnforcementState = z.enum([
  'pending',
  'applied',
  'effective',
  'lifting',
  'lifted',
  'failed',
  'simulated',
  'refused',
]);
export type EnforcementState = z.infer<typeof EnforcementState>;

const Instant = z.number().int().describe('ms since epoch');

export const Enforcement = z
  .object({
    id: z.uuid(),
    tenant: z.string(),
    gateway: z.string(),
    state: EnforcementState,
    action: KongAction,
    entity: Entity,
    alertId: z.uuid().nullable(),
    policyId: z.uuid().nullable(),
    /** `policy:<name>` or the name of the token that asked for it. */
    requestedBy: z.string(),
    reason: z.string(),
    createdAt: Instant,
    appliedAt: Instant.nullable(),
    effectiveAt: Instant.nullable(),
    /** How it is known to be effective. */
    effectiveBy: z.enum(['propagation', 'refusal-seen']).nullable(),
    /** When it ends by itself; null is permanent. */
    endsAt: Instant.nullable(),
    liftedAt: Instant.nullable(),
    liftedBy: z.string().nullable(),
    attempts: z.number().int(),
    nextAttemptAt: Instant.nullable(),
    lastError: z.string().nullable(),
    /** What this enforcement does not cover, in sentences: routes without authentication, cached answers, narrower plugins. */
    gaps: z.array(z.string()),
    /** The changes in Kong, as planned: method, path, and what it stands for. No secrets. */
    changes: z.array(z.object({ method: z.string(), path: z.string(), why: z.string() })),
  })
  .meta({ id: 'Enforcement' });
export type Enforcement = Readonly<z.infer<typeof Enforcement>>;
