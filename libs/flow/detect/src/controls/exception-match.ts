import type { Finding } from '@outrider/domain/detection/alert';
import type { DetectionException } from '@outrider/domain/detection/detection-control';
import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { inCidr, parseCidr, parseIp } from '@outrider/domain/traffic/ip-address';

/** What an exception is held against. */
export type Told = Pick<Finding, 'type' | 'entity' | 'detectedAt' | 'scope'> & Partial<Pick<Finding, 'gateway'>>;

export interface ReadyException {
  readonly exception: DetectionException;
  /** Whether it holds for the finding, or, without regard to types, for what an event alone shows. */
  holds(finding: Told, event: ApiEvent | undefined): boolean;
}

/** Ready to be asked often. */
export const readyException = (exception: DetectionException): ReadyException => {
  const { types, until } = exception;
  const { entity, cidr, endpoint, tag } = exception.match;
  const range = cidr === null ? undefined : parseCidr(cidr);
  const inRange = (ip: string): boolean => {
    const bytes = parseIp(ip);
    return range !== undefined && bytes !== undefined && inCidr(bytes, range);
  };
  return {
    exception,
    holds: (finding, event) =>
      finding.detectedAt < until &&
      (types.length === 0 || types.includes(finding.type)) &&
      (entity === null || isEntity(entity, finding, event)) &&
      (cidr === null || inRange(event?.clientIp ?? (finding.entity.kind === 'ip' ? finding.entity.id : ''))) &&
      (endpoint === null || isEndpoint(endpoint, finding, event)) &&
      (tag === null || finding.scope.tags.includes(tag) || (event?.consumerTags.includes(tag) ?? false)),
  };
};

const isEntity = (
  { kind, id }: NonNullable<DetectionException['match']['entity']>,
  { type, entity, gateway }: Told,
  event: ApiEvent | undefined,
): boolean => {
  // a deployment that is announced is about all that stands in the gateway
  if (kind === 'gateway' && type === 'gateway-config-change' && id === gateway) return true;
  if (kind !== entity.kind) return kind === 'consumer' && event !== undefined && isConsumerOf(id, event);
  return (
    id === entity.id || id === entity.name || (kind === 'consumer' && event !== undefined && isConsumerOf(id, event))
  );
};

/** A finding on a credential or an address may be about the consumer that its request came from. */
const isConsumerOf = (id: string, { consumerId, consumerName, consumerCustomId }: ApiEvent): boolean =>
  id === consumerId || id === consumerName || id === consumerCustomId;

/** A finding that is about other endpoints as well stands; one that names none goes by its event. */
const isEndpoint = (pattern: string, { scope }: Told, event: ApiEvent | undefined): boolean => {
  if (scope.endpoints.length > 0) return scope.endpoints.every((endpoint) => fitsEndpoint(pattern, endpoint));
  return event !== undefined && fitsEndpoint(pattern, endpointOf(event));
};

/** `* /reports/*` against `GET /reports/{id}`. */
export const fitsEndpoint = (pattern: string, endpoint: string): boolean => {
  const [method = '', path = ''] = halves(pattern);
  const [itsMethod = '', itsPath = ''] = halves(endpoint);
  if (method !== '*' && method !== itsMethod) return false;
  return path.endsWith('*') ? itsPath.startsWith(path.slice(0, -1)) : itsPath === path;
};

const halves = (text: string): readonly [string, string] => {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
};
