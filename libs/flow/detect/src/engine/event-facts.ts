import type { ApiEvent } from '@outrider/domain/traffic/api-event';

/** Event time, never later than the time of receipt: a gateway whose clock runs ahead cannot move the windows into the future. */
export const windowTime = (event: Pick<ApiEvent, 'startedAt' | 'receivedAt'>): number =>
  event.receivedAt > 0 ? Math.min(event.startedAt, event.receivedAt) : event.startedAt;

/** A server error: 5xx. */
export const isServerError = (status: number): boolean => status >= 500 && status < 600;

/** A client error that no other detector is about: 4xx without 401, 403, 404, 429. 499 is the client going away, not an error it made. */
export const isOtherClientError = (status: number): boolean =>
  status >= 400 &&
  status < 500 &&
  status !== 401 &&
  status !== 403 &&
  status !== 404 &&
  status !== 429 &&
  status !== 499;

/** Kong could not reach the upstream: nobody's abuse. */
export const isUpstreamAway = (event: ApiEvent): boolean =>
  event.refusal === 'upstream-unreachable' || event.refusal === 'upstream-timeout' || event.refusal === 'no-service';
