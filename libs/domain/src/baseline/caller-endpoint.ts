/** The id of what one caller does at one endpoint: `consumer:6b…1 0f…e GET /orders/{id}`. */
export const callerEndpointId = (caller: { readonly kind: string; readonly id: string }, endpoint: string): string =>
  `${caller.kind}:${caller.id} ${endpoint}`;

const CALLER_ENDPOINT = /^(consumer|credential|ip):(\S+) (.+)$/s;

export interface CallerEndpoint {
  readonly callerKind: 'consumer' | 'credential' | 'ip';
  readonly callerId: string;
  readonly endpoint: string;
}

export const parseCallerEndpoint = (id: string): CallerEndpoint | undefined => {
  const [, callerKind, callerId, endpoint] = CALLER_ENDPOINT.exec(id) ?? [];
  if (callerId === undefined || endpoint === undefined) return undefined;
  return { callerKind: callerKind as CallerEndpoint['callerKind'], callerId, endpoint }; // one of the pattern's three
};

export interface EndpointParts {
  readonly serviceId: string;
  readonly method: string;
  readonly pathTemplate: string;
}

/** `<service id> GET /orders/{id}`, or without a service; undefined when it is neither. */
export const parseEndpointId = (id: string): EndpointParts | undefined => {
  const [, serviceId = '', method, pathTemplate] = /^(?:(\S+) )?(\S*) (\/.*|)$/s.exec(id) ?? [];
  if (method === undefined || pathTemplate === undefined) return undefined;
  return { serviceId, method, pathTemplate };
};
