import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { Evidence } from '../../windows/evidence.ts';
import { Audience } from './audience.ts';

/** Requests from which something can be said about how alike they are. */
const MIN_REQUESTS = 50;
const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** A busy caller: what it asks, and whether it is one client that asks one thing. */
export class SpikeTrace {
  readonly evidence = new Evidence();
  readonly audience = new Audience();
  #requests = 0;
  #alike = 0;
  #changes = 0;
  #template: string | undefined;
  #stack = '';
  #path = '';
  #query = '';
  #same = 0;
  /** The first request kept showed no credential, be it one that only the upstream checks. */
  anonymous = false;

  add(event: ApiEvent, at: number): void {
    this.evidence.add(event, at);
    this.audience.add(event, at);
    this.#requests++;
    if (event.status >= 200 && event.status < 300 && CHANGES.has(event.method)) this.#changes++;
    const stack = event.clientFingerprint || event.userAgent;
    if (this.#template === undefined) {
      this.#template = event.pathTemplate;
      this.#stack = stack;
      this.#path = event.path;
      this.#query = event.query;
      this.anonymous = event.credentialId === '' && event.credentialFingerprint === '';
    }
    if (event.pathTemplate !== this.#template || stack !== this.#stack) return;
    this.#alike++;
    if (event.path === this.#path && event.query === this.#query) this.#same++;
  }

  /** Part of the requests that are the first one again; 0 while they are few. */
  get sameness(): number {
    return this.#requests < MIN_REQUESTS ? 0 : this.#same / this.#requests;
  }

  /** Part of the requests that created or changed something; 0 while they are few. */
  get changes(): number {
    return this.#requests < MIN_REQUESTS ? 0 : this.#changes / this.#requests;
  }

  /** Part of the requests that are of the first one's client and endpoint; 0 while they are few. */
  get monotony(): number {
    return this.#requests < MIN_REQUESTS ? 0 : this.#alike / this.#requests;
  }
}
