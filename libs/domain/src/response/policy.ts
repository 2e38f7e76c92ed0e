import * as z from 'zod';
import { AlertType, Severity } from '../detection/alert.ts';
import { EntityKind } from '../traffic/entity.ts';

const durationSeconds = z
  .number()
  .int()
  .min(10)
  .max(366 * 86_400)
  .nullable()
  .describe('seconds until it is taken back; null means permanent');

/** Block a consumer: consumer-scoped request-termination. */
export const BlockConsumer = z.object({
  kind: z.literal('block-consumer'),
  durationSeconds,
  status: z.number().int().min(400).max(599).default(403),
  message: z.string().min(1).max(200).default('Blocked for abuse'),
});

const limit = z.number().int().min(1).max(10_000_000).optional();

/** Rate-limit a consumer: consumer-scoped rate-limiting, never looser than what stood before. */
export const RateLimitConsumer = z.object({
  kind: z.literal('rate-limit-consumer'),
  durationSeconds,
  limits: z
    .object({ second: limit, minute: limit, hour: limit, day: limit })
    .refine((l) => Object.values(l).some((v) => v !== undefined), 'at least one of second, minute, hour, day'),
});

/** Block an address: merged into the global ip-restriction. */
export const BlockAddress = z.object({
  kind: z.literal('block-address'),
  durationSeconds,
});

/** Tell somebody: one webhook. */
export const Notify = z.object({ kind: z.literal('notify'), webhookId: z.uuid() });

export const Action = z
  .discriminatedUnion('kind', [BlockConsumer, RateLimitConsumer, BlockAddress, Notify])
  .meta({ id: 'Action' });
export type Action = Readonly<z.infer<typeof Action>>;
/** The actions that change something in Kong. */
export const KongAction = z
  .discriminatedUnion('kind', [BlockConsumer, RateLimitConsumer, BlockAddress])
  .meta({ id: 'KongAction' });
export type KongAction = Readonly<z.infer<typeof KongAction>>;

const anyOf = z.array(z.string().min(1).max(512)).max(100).default([]).describe('any of these; empty means all');

export const PolicyMatch = z.object({
  types: z.array(AlertType).max(50).default([]).describe('any of these; empty means all'),
  minSeverity: Severity.default('info'),
  minConfidence: z.number().min(0).max(1).default(0),
  entityKinds: z.array(EntityKind).max(10).default([]).describe('any of these; empty means all'),
  entityIds: anyOf,
  services: anyOf,
  routes: anyOf,
  endpoints: anyOf,
  tags: anyOf,
});
export type PolicyMatch = Readonly<z.infer<typeof PolicyMatch>>;

export const PolicyDraft = z
  .object({
    name: z.string().min(1).max(120),
    description: z.string().max(1000).default(''),
    /** Lower first. All policies that match act; of several actions of one kind on one entity the first wins. */
    order: z.number().int().min(0).max(100_000).default(100),
    enabled: z.boolean().default(true),
    /** Decide and show, but change nothing in Kong and send nothing. */
    simulate: z.boolean().default(false),
    match: PolicyMatch.prefault({}),
    actions: z.array(Action).min(1).max(10),
  })
  .meta({ id: 'PolicyDraft' });
export type PolicyDraft = Readonly<z.infer<typeof PolicyDraft>>;

export const Policy = PolicyDraft.extend({
  id: z.uuid(),
  tenant: z.string(),
  createdAt: z.number().int(),
  updatedAt: z.number().int(),
}).meta({ id: 'Policy' });
export type Policy = Readonly<z.infer<typeof Policy>>;
