import * as z from 'zod';
import { Severity } from '../detection/alert.ts';
import { Entity } from '../traffic/entity.ts';

/** Kinds of change that weaken a gateway. */
export const ConfigChangeKind = z.enum([
  'auth-removed',
  'anonymous-set',
  'restriction-removed',
  'restriction-widened',
  'log-removed',
  'log-redirected',
  'log-shadowed',
  'verification-off',
  'admin-member',
  'code',
  'limit-raised',
  'block-removed',
  'admin-exposed',
]);
export type ConfigChangeKind = z.infer<typeof ConfigChangeKind>;

/** One change of a gateway's configuration that is worth telling. */
export const ConfigChange = z.object({
  kind: ConfigChangeKind,
  /** What it weakens: a route, a service, a consumer, or the gateway. */
  entity: Entity,
  severity: Severity,
  /** What was before, and what is now, for a person; no secrets. */
  text: z.string().max(400),
  /** Names of services and routes that it is about. */
  services: z.array(z.string()).max(10),
  routes: z.array(z.string()).max(10),
});
export type ConfigChange = Readonly<z.infer<typeof ConfigChange>>;
