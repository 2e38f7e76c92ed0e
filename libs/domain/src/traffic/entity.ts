import * as z from 'zod';
import type { ApiEvent } from './api-event.ts';

/** Whom (consumer … prefix) or what (endpoint … gateway) a finding, an alert or an enforcement is about. */
export const EntityKind = z.enum(['consumer', 'credential', 'ip', 'endpoint', 'route', 'service', 'gateway']);
export type EntityKind = z.infer<typeof EntityKind>;

export const Entity = z
  .object({
    kind: EntityKind,
    /** Kong's UUID for consumers, credentials, routes and services; the address for `ip`; `METHOD /template` under a service id for endpoints. */
    id: z.string().min(1).max(512),
    /** What a person calls it: user name, custom id, address, service name. Falls back to the id. */
    name: z.string().max(512),
  })
  .meta({ id: 'Entity' });
export type Entity = Readonly<z.infer<typeof Entity>>;

/** Stable text key of an entity within a tenant. */
export const entityKey = (entity: Pick<Entity, 'kind' | 'id'>): string => `${entity.kind}:${entity.id}`;

/**
 * The highest rung of the identity ladder that the event shows: consumer, else credential, else client address.
 * A consumer without an authenticated entity is Kong's `anonymous` fallback and stands for everybody: there the address is the caller.
 */
export const callerOf = (event: ApiEvent): Entity => {
  if (event.consumerId !== '' && event.credentialId !== '')
    return {
      kind: 'consumer',
      id: event.consumerId,
      name: event.consumerName || event.consumerCustomId || event.consumerId,
    };
  if (event.credentialId !== '') return { kind: 'credential', id: event.credentialId, name: event.credentialId };
  return { kind: 'ip', id: event.clientIp, name: event.clientIp };
};
