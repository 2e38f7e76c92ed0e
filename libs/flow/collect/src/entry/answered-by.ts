import type { AnsweredBy, Refusal } from '@outrider/domain/traffic/api-event';
import { isObject } from './raw-value.ts';

const MAX_TRIES = 1_000;

/** Balancer attempts. Lua writes an empty list as `[]` or `{}`; a sparse one becomes an object. */
export const countTries = (tries: unknown): number => {
  if (Array.isArray(tries)) return Math.min(tries.length, MAX_TRIES);
  return isObject(tries) ? Math.min(Object.keys(tries).length, MAX_TRIES) : 0;
};

/** Whether the last attempt reached nobody. */
const lastTryFailed = (tries: unknown): boolean => {
  if (!Array.isArray(tries) || tries.length === 0) return false;
  const last: unknown = tries[tries.length - 1];
  return isObject(last) && last['state'] === 'failed';
};

/** Kong's own word since 3.6; before, an upstream answered if an attempt was made and the last one did not fail. */
export const answeredBy = (source: unknown, tries: unknown, triesCount: number, proxyMs: number): AnsweredBy => {
  if (source === 'kong' || source === 'upstream') return source;
  if (triesCount === 0) return proxyMs >= 0 ? 'upstream' : 'kong';
  return lastTryFailed(tries) ? 'kong' : 'upstream';
};

/** What Kong answers without an upstream; other answers are an upstream's where an entry says nothing of it. */
const OF_KONG: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 405, 408, 413, 414, 417, 426, 429, 431, 494, 499, 502, 503, 504,
]);

/** Of an entry that was cut down to request and status: by the status alone. */
export const likelyAnsweredBy = (status: number): AnsweredBy =>
  status < 200 || OF_KONG.has(status) ? 'kong' : 'upstream';

/** What is known about the answer, for `refusalOf`. */
export interface Answer {
  readonly status: number;
  readonly by: AnsweredBy;
  readonly tries: number;
  readonly hasRoute: boolean;
  readonly hasService: boolean;
  /** An upstream status was logged that is a number: a status 499 is then the upstream's own. */
  readonly upstreamSaid: boolean;
}

/** Why Kong answered itself, as far as status, route and tries prove it. */
export const refusalOf = (a: Answer): Refusal => {
  if (a.status === 499 && !(a.by === 'upstream' && a.upstreamSaid)) return 'client-closed';
  if (a.by === 'upstream') return '';
  if (a.hasRoute || a.hasService) return refusalOnRoute(a);
  switch (a.status) {
    case 404:
      return 'no-route';
    case 426:
    case 301:
    case 302:
    case 307:
    case 308:
      return 'https-required';
    case 400:
    case 405:
    case 408:
    case 414:
    case 431:
    case 494:
      return 'bad-request';
    default:
      return refusalByStatus(a.status);
  }
};

const refusalOnRoute = (a: Answer): Refusal => {
  if (a.tries > 0 && a.status === 502) return 'upstream-unreachable';
  if (a.tries > 0 && a.status === 504) return 'upstream-timeout';
  if (a.status === 503 && !a.hasService) return 'no-service';
  return refusalByStatus(a.status);
};

const refusalByStatus = (status: number): Refusal => {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 413:
    case 417:
      return 'too-large';
    case 426:
      return 'https-required';
    case 429:
      return 'rate-limited';
    default:
      return 'answered';
  }
};
