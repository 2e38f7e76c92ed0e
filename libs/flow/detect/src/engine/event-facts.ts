import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectSettings } from '../settings.ts';

/** Event time, never later than the time of receipt: a gateway whose clock runs ahead cannot move the windows into the future. */
export const windowTime = (event: Pick<ApiEvent, 'startedAt' | 'receivedAt'>): number =>
  event.receivedAt > 0 ? Math.min(event.startedAt, event.receivedAt) : event.startedAt;

export type Exclusion = 'preflight' | 'health-check';

/** What never counts towards anything, before any detector sees it. */
export class Exclusions {
  readonly #paths: ReadonlySet<string>;
  readonly #agents: readonly string[];

  constructor(settings: Pick<DetectSettings, 'healthPaths' | 'healthAgents'>) {
    this.#paths = new Set(settings.healthPaths);
    this.#agents = settings.healthAgents;
  }

  of(event: ApiEvent): Exclusion | undefined {
    if (event.method === 'OPTIONS') return 'preflight';
    if (this.#paths.has(event.path) && (event.method === 'GET' || event.method === 'HEAD') && event.status !== 404)
      return 'health-check';
    const agent = event.userAgent;
    if (agent === '') return undefined;
    for (const beginning of this.#agents)
      if (agent.length >= beginning.length && agent.slice(0, beginning.length).toLowerCase() === beginning)
        return 'health-check';
    return undefined;
  }
}

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
