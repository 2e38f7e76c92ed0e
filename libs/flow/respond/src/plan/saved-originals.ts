import * as z from 'zod';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord, SavedState } from '@outrider/ports/response-store';
import type { Originals } from './plan.ts';

const reference = z.object({ id: z.string() }).nullable();
const Original = z.object({
  id: z.string(),
  name: z.string(),
  instance_name: z.string().nullable().optional(),
  enabled: z.boolean(),
  protocols: z.array(z.string()),
  tags: z.array(z.string()).nullable(),
  config: z.record(z.string(), z.unknown()),
  service: reference,
  route: reference,
  consumer: reference,
  ordering: z.unknown().optional(),
});
const Saved = z.object({ v: z.literal(1), plugins: z.record(z.string(), Original) });

/**
 * What is kept of an operator's plugin: everything but its times and the settings of its Redis, which may hold a password and
 * which we never write: they stay in Kong all the while.
 */
export const snapshotOf = ({ created_at: _, ...plugin }: GatewayPlugin): GatewayPlugin => ({
  ...plugin,
  config: Object.fromEntries(Object.entries(plugin.config).filter(([field]) => !field.startsWith('redis'))),
});

export const toSaved = (originals: Originals): SavedState => ({ v: 1, plugins: originals });

/** Written by `toSaved` alone; anything else is taken as nothing saved. */
export const originalsOf = (record: Pick<EnforcementRecord, 'saved'>): Originals => {
  const parsed = Saved.safeParse(record.saved);
  return parsed.success ? (parsed.data.plugins as Originals) : {};
};
