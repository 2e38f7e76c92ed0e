import { Enforcement } from './enforcement.ts';
import { Policy } from './policy.ts';
import type * as z from 'zod';

let sequence = 0;
/** A fresh UUID-shaped id, the same in every run. */
export const aUuid = (): string => `00000000-0000-4000-8000-${String(++sequence).padStart(12, '0')}`;

/** A valid policy that blocks a consumer for ten minutes on every alert; a test names only the fields it is about. */
export const aPolicy = (overrides: Partial<z.input<typeof Policy>> = {}): Policy =>
  Policy.parse({
    id: aUuid(),
    tenant: 'default',
    name: `policy ${sequence}`,
    actions: [{ kind: 'block-consumer', durationSeconds: 600 }],
    createdAt: 1_767_225_600_000,
    updatedAt: 1_767_225_600_000,
    ...overrides,
  });

/** A valid pending enforcement on consumer `alice`. */
export const anEnforcement = (overrides: Partial<z.input<typeof Enforcement>> = {}): Enforcement =>
  Enforcement.parse({
    id: aUuid(),
    tenant: 'default',
    gateway: 'default',
    state: 'pending',
    action: { kind: 'block-consumer', durationSeconds: 600 },
    entity: { kind: 'consumer', id: 'c0ffee00-0000-4000-8000-000000000001', name: 'alice' },
    alertId: null,
    policyId: null,
    requestedBy: 'tester',
    reason: 'a test',
    createdAt: 1_767_225_600_000,
    appliedAt: null,
    effectiveAt: null,
    effectiveBy: null,
    endsAt: 1_767_226_200_000,
    liftedAt: null,
    liftedBy: null,
    attempts: 0,
    nextAttemptAt: null,
    lastError: null,
    gaps: [],
    changes: [],
    ...overrides,
  });
