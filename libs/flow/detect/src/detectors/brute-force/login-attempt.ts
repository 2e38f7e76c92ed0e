import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/** Wrong credentials, as APIs say it; 423: locked after too many. */
const FAILURES: ReadonlySet<number> = new Set([400, 401, 403, 422, 423]);

/**
 * Kong refused it itself. What it refuses has a route; a refusal without one, and not for want of a route, is of a log that names neither who
 * answered nor routes, and at a login it is the login's.
 */
export const isByGateway = (event: ApiEvent): boolean =>
  event.answeredBy === 'kong' &&
  (event.routeId !== '' || event.serviceId !== '' || event.serviceName !== '' || event.status < 400);

export const isReading = (event: ApiEvent): boolean => event.method === 'GET' || event.method === 'HEAD';

/** Of an event at a login that the upstream answered. Reading without a query guesses nothing. */
export const isFailedLogin = (event: ApiEvent): boolean =>
  FAILURES.has(event.status) && !(event.query === '' && isReading(event));

export const isGoodLogin = (event: ApiEvent): boolean => event.status >= 200 && event.status < 400 && !isReading(event);

/** What program sent it, as far as one can tell; '' unknown. */
export const clientOf = (event: ApiEvent): string => event.clientFingerprint || event.userAgent;
