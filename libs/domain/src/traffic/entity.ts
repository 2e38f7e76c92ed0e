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
  const id = callerIdOf(event);
  const kind = callerKindOf(event);
  return { kind, id, name: kind === 'consumer' ? event.consumerName || event.consumerCustomId || id : id };
};

/** The rung alone, without making an object. */
export const callerKindOf = (event: Pick<ApiEvent, 'credentialId' | 'consumerId'>): 'consumer' | 'credential' | 'ip' =>
  event.credentialId === '' ? 'ip' : event.consumerId === '' ? 'credential' : 'consumer';

/** What `callerOf` calls the caller. */
export const callerIdOf = (event: Pick<ApiEvent, 'credentialId' | 'consumerId' | 'clientIp'>): string =>
  event.credentialId === '' ? event.clientIp : event.consumerId === '' ? event.credentialId : event.consumerId;
