import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectSettings } from '../settings.ts';
import { hash32 } from '../duplicates/hash64.ts';
import { BoundedMap } from '../windows/bounded-map.ts';
import { MINUTE_MS } from '../windows/time.ts';

export type Exclusion = 'preflight' | 'health-check';

const MAX_CHECKERS = 10_000;
/** Places that one address checks, and its checks in a minute, before it is something else: anybody can call himself a health checker. */
const MAX_PLACES = 32;
const MAX_CHECKS_A_MINUTE = 300;

/** An address that looks whether services are well. */
class Checker {
  readonly #places = new Set<number>();
  #minute = Number.NEGATIVE_INFINITY;
  #checks = 0;

  /** Whether it is no more than that, with this check. */
  isModest(place: number, at: number): boolean {
    if (!this.#places.has(place)) {
      if (this.#places.size >= MAX_PLACES) return false;
      this.#places.add(place);
    }
    const minute = Math.floor(at / MINUTE_MS);
    if (minute > this.#minute) {
      this.#minute = minute;
      this.#checks = 0;
    }
    return ++this.#checks <= MAX_CHECKS_A_MINUTE;
  }
}

/**
 * What never counts towards anything, before any detector sees it. Only what carries nothing: a name that anybody can take must hide
 * no guess, no walk and no flood.
 */
export class Exclusions {
  readonly #paths: ReadonlySet<string>;
  readonly #agents: readonly string[];
  readonly #checkers = new BoundedMap<Checker>(MAX_CHECKERS);

  constructor(settings: Pick<DetectSettings, 'healthPaths' | 'healthAgents'>) {
    this.#paths = new Set(settings.healthPaths);
    this.#agents = settings.healthAgents;
  }

  of(event: ApiEvent): Exclusion | undefined {
    // a browser asks before it calls what a page knows: who finds nothing there may be looking for it
    if (event.method === 'OPTIONS') return carriesNothing(event) && event.status !== 404 ? 'preflight' : undefined;
    if (!this.#paths.has(event.path) && !this.#isChecker(event.userAgent)) return undefined;
    if (!isCheck(event) || !carriesNothing(event)) return undefined;
    const checker = this.#checkers.getOrMake(`${event.tenant}|${event.clientIp}`, () => new Checker());
    return checker.isModest(hash32(`${event.host}|${event.path}`), event.startedAt) ? 'health-check' : undefined;
  }

  #isChecker(agent: string): boolean {
    if (agent === '') return false;
    for (const beginning of this.#agents)
      if (agent.length >= beginning.length && agent.slice(0, beginning.length).toLowerCase() === beginning) return true;
    return false;
  }
}

const carriesNothing = (event: ApiEvent): boolean =>
  event.credentialId === '' && event.credentialFingerprint === '' && event.attacks === '' && event.ruleMatches === '';

/** Whoever is refused, or asks for what is not there, does not look whether a service is well. */
const isCheck = ({ method, query, status }: ApiEvent): boolean =>
  (method === 'GET' || method === 'HEAD') && query === '' && (status < 400 || status >= 499);
