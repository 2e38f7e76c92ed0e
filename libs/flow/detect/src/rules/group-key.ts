import { eventField } from '@outrider/domain/rules/event-fields';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, type Entity } from '@outrider/domain/traffic/entity';

/** Between the values of a key: no field holds it. */
const SEPARATOR = '\u0000';
const MAX_VALUE = 512;

/** The value of a field as one text; lists are joined. `''` when there is none. */
export const textReader = (name: string): ((event: ApiEvent) => string) => {
  const access = eventField(name)?.access;
  switch (access?.kind) {
    case 'text':
      return access.read;
    case 'number':
      return (event) => String(access.read(event));
    case 'list':
      return (event) => access.read(event).join(',');
    default:
      throw new Error(`unknown field ${name}`);
  }
};

/** All values of a field: none, one, or those of a list. */
export const valuesReader = (name: string): ((event: ApiEvent) => readonly string[]) => {
  const access = eventField(name)?.access;
  if (access?.kind === 'list') return access.read;
  const read = textReader(name);
  return (event) => {
    const value = read(event);
    return value === '' ? [] : [value];
  };
};

/** Reads the key of an event's group: tenant and values. Undefined when one of them is missing: such an event is in no group. */
export const groupReader = (fields: readonly string[]): ((event: ApiEvent) => string | undefined) => {
  const readers = fields.map(textReader);
  return (event) => {
    let key = event.tenant;
    for (const read of readers) {
      const value = read(event);
      if (value === '') return undefined;
      key += SEPARATOR + (value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value);
    }
    return key;
  };
};

/** The values of a group's key, in the order of `group_by`. */
export const valuesOfKey = (key: string): readonly string[] => key.split(SEPARATOR).slice(1);

/** Whom or what a rule's finding is about. */
export const entityReader = (field: string): ((event: ApiEvent) => Entity) => {
  const kind = eventField(field)?.entity;
  if (field === 'caller' || kind === undefined) return callerOf;
  return (event) => {
    const { id, name } = entityParts(kind, event);
    return id === '' ? callerOf(event) : { kind, id: id.slice(0, MAX_VALUE), name: (name || id).slice(0, MAX_VALUE) };
  };
};

const entityParts = (kind: Entity['kind'], event: ApiEvent): { id: string; name: string } => {
  switch (kind) {
    case 'consumer':
      return {
        id: event.consumerId || event.consumerName || event.consumerCustomId,
        name: event.consumerName || event.consumerCustomId,
      };
    case 'credential':
      return { id: event.credentialId, name: event.credentialId };
    case 'ip':
      return { id: event.clientIp, name: event.clientIp };
    case 'endpoint': {
      const endpoint = `${event.method} ${event.pathTemplate}`;
      return { id: event.serviceId === '' ? endpoint : `${event.serviceId} ${endpoint}`, name: endpoint };
    }
    case 'route':
      return { id: event.routeId || event.routeName, name: event.routeName };
    case 'service':
      return { id: event.serviceId || event.serviceName, name: event.serviceName };
    case 'gateway':
      return { id: event.gateway, name: event.gateway };
  }
};
