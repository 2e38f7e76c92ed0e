import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { AuthEndpoints } from './auth-endpoints.ts';
import type { BruteForceSettings } from './brute-force.settings.ts';

type Words = BruteForceSettings['authWords'];

/** Which endpoints take credentials, by the words that hold where the event went. */
export class LoginPaths {
  readonly #words: Words;
  readonly #usual: AuthEndpoints;
  /** By the lists that people wrote; as long-lived as those. */
  readonly #tuned = new WeakMap<Words, AuthEndpoints>();

  constructor(private readonly settings: Tuned<Pick<BruteForceSettings, 'authWords'>>) {
    this.#words = settings.base.authWords;
    this.#usual = new AuthEndpoints(this.#words);
  }

  matches(event: ApiEvent): boolean {
    return this.#at(event).matches(event.pathTemplate);
  }

  /** `/oauth/token` and the like, where programs ask again and again by a clock. */
  isForPrograms(event: ApiEvent): boolean {
    return this.#at(event).isForPrograms(event.pathTemplate);
  }

  #at(event: ApiEvent): AuthEndpoints {
    const words = this.settings.of(event).authWords;
    if (words === this.#words) return this.#usual;
    let made = this.#tuned.get(words);
    if (!made) this.#tuned.set(words, (made = new AuthEndpoints(words)));
    return made;
  }
}

const KNOWN = new WeakMap<Knowledge, LoginPaths>();

/** One for all detectors of an engine: what a path is, is found out once. */
export const loginPathsOf = (knowledge: Knowledge, bruteForce: Tuned<BruteForceSettings>): LoginPaths => {
  let paths = KNOWN.get(knowledge);
  if (!paths) KNOWN.set(knowledge, (paths = new LoginPaths(bruteForce)));
  return paths;
};
