import { createHash } from 'node:crypto';
import type { Principal } from '@outrider/domain/access/principal';
import { CallerError } from '@outrider/platform/errors';
import type { Metrics } from '@outrider/platform/metrics';
import type { AccessTokenStore } from '@outrider/ports/access-store';
import type { Clock } from '@outrider/ports/clock';
import { TooManyAttempts } from '../http/problem.ts';
import { FailedAttempts } from './failed-attempts.ts';

export const AUTHENTICATION_LIMITS = {
  /** How long an answer of the store is believed: a token removed through another process works at most this much longer. */
  acceptedMs: 3_000,
  refusedMs: 5_000,
  /** Answers remembered. */
  entries: 2_000,
  tokenChars: 512,
} as const;

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/**
 * Bearer token → principal. Asks the store at most once a token at a time and remembers its answer for seconds; never keeps the token's
 * text. Failures are counted by address: past the limit an address is refused before any work is done, unless its token is already known.
 */
export class Authenticator {
  readonly #answers = new Map<string, { readonly principal: Principal | undefined; readonly until: number }>();
  readonly #asking = new Map<string, Promise<Principal | undefined>>();
  readonly #attempts: FailedAttempts;
  readonly #count: (labels: { outcome: string }) => void;

  constructor(
    private readonly tokens: AccessTokenStore,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#attempts = new FailedAttempts(clock);
    this.#count = metrics.counter('outrider_serve_authentications_total', 'Requests by the outcome of authentication', [
      'outcome',
    ]);
  }

  /** Throws CallerError 401 or TooManyAttempts; TransientError when the store is away. */
  async authenticate(authorization: string | undefined, address: string): Promise<Principal> {
    const token =
      authorization === undefined || authorization.length > AUTHENTICATION_LIMITS.tokenChars
        ? undefined
        : BEARER.exec(authorization)?.[1];
    const key = token === undefined ? undefined : createHash('sha256').update(token).digest('base64');
    const known = key === undefined ? undefined : this.#known(key);
    if (known?.principal) return this.#accepted(known.principal);
    const wait = this.#attempts.waitSeconds(address);
    if (wait > 0) {
      this.#count({ outcome: 'too-many-attempts' });
      throw new TooManyAttempts(wait);
    }
    if (authorization === undefined) {
      this.#count({ outcome: 'no-token' });
      throw new CallerError('send a token: Authorization: Bearer …', 'unauthenticated', 401);
    }
    const principal = token === undefined || key === undefined || known ? undefined : await this.#ask(key, token);
    if (principal) return this.#accepted(principal);
    this.#attempts.failed(address);
    this.#count({ outcome: 'refused' });
    throw new CallerError('the token is unknown, removed or past its end', 'unauthenticated', 401);
  }

  /** After a token was removed here: the next request asks the store. */
  forget(): void {
    this.#answers.clear();
  }

  #accepted(principal: Principal): Principal {
    this.#count({ outcome: 'accepted' });
    return principal;
  }

  #known(key: string): { readonly principal: Principal | undefined } | undefined {
    const answer = this.#answers.get(key);
    if (!answer) return undefined;
    if (answer.until > this.clock.now()) return answer;
    this.#answers.delete(key);
    return undefined;
  }

  #ask(key: string, token: string): Promise<Principal | undefined> {
    const running = this.#asking.get(key);
    if (running) return running;
    const asked = this.tokens
      .authenticate(token, this.clock.now())
      .then((principal) => {
        this.#remember(key, principal);
        return principal;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  #remember(key: string, principal: Principal | undefined): void {
    const { acceptedMs, refusedMs, entries } = AUTHENTICATION_LIMITS;
    this.#answers.set(key, { principal, until: this.clock.now() + (principal ? acceptedMs : refusedMs) });
    if (this.#answers.size <= entries) return;
    const oldest = this.#answers.keys().next().value;
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}
