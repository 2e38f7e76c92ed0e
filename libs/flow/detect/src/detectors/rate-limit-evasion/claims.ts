import { Evidence } from '../../windows/evidence.ts';
import { FailureLog } from '../../windows/failure-log.ts';
import type { ClaimsView } from './rate-limit-evasion.detector.ts';

const WINDOW_MS = 600_000;
const MAX_STACKS = 3;

/** One request: hashes of the address that it claims and of its endpoint. */
export interface Claim {
  readonly claim: number;
  readonly endpoint: number;
  readonly refused: boolean;
  readonly stack: string;
  /** It claims an address of a private network. */
  readonly isPrivate: boolean;
}

/** What one address claimed in X-Forwarded-For over ten minutes. */
export class Claims {
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  /** Marks are the claims, the endpoints, and whether the request was refused. */
  readonly #claims = new FailureLog();
  readonly #endpoints = new FailureLog();
  readonly #refused = new FailureLog();
  readonly #private = new FailureLog();
  readonly #stacks = new Set<string>();
  #endpoint = 0;
  /** Somebody else's people: many kinds of clients come through this address. */
  proxy = false;

  /** `leadMs`: for how long others were watched before its first claim. */
  constructor(
    private readonly leadMs: number,
    private readonly from: ClaimsView['from'],
  ) {}

  add({ claim, endpoint, refused, stack, isPrivate }: Claim, at: number): void {
    if (this.proxy) return;
    this.#stacks.add(stack);
    this.proxy = this.#stacks.size > MAX_STACKS;
    this.#claims.add(at, claim);
    if (this.#endpoint === 0) this.#endpoint = endpoint;
    if (endpoint === this.#endpoint) this.#endpoints.add(at, endpoint);
    if (refused) this.#refused.add(at, 1);
    if (isPrivate) this.#private.add(at, 1);
  }

  /** Requests of the last ten minutes. */
  get requests(): number {
    return this.#claims.failuresWithin(WINDOW_MS);
  }

  get worthALook(): boolean {
    return !this.proxy && this.#claims.worthALook;
  }

  view(): ClaimsView {
    const { distinct, remembered } = this.#claims.within(WINDOW_MS);
    const requests = this.requests;
    const same = this.#endpoints.failuresWithin(WINDOW_MS);
    const refused = this.#refused.failuresWithin(WINDOW_MS);
    // Beyond what is remembered singly, what is remembered stands for the rest.
    const scale = remembered < requests && remembered > 0 ? requests / remembered : 1;
    return {
      requests,
      distinct: Math.round(distinct * scale),
      refused,
      sameEndpoint: same,
      private: this.#private.failuresWithin(WINDOW_MS),
      from: this.from,
      leadMs: this.leadMs,
    };
  }
}
