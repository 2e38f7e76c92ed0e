import { FlowTagger, type BusinessFlow } from '@outrider/domain/endpoints/business-flow';
import type { TeachingTime } from '../baseline/teaching-time.ts';
import { hash32 } from '../duplicates/hash64.ts';
import { TermList } from './term-list.ts';

/** What a path template tells by its words alone. */
export interface EndpointTraits {
  readonly flows: readonly BusinessFlow[];
  /** A place where credentials are taken. */
  readonly auth: boolean;
  readonly admin: boolean;
  readonly billing: boolean;
  readonly export: boolean;
  /** Any of admin, billing, export. */
  readonly sensitive: boolean;
  /** Parameters in the template: `/orders/{id}` has one. */
  readonly parameters: number;
}

const MAX_TEMPLATES = 20_000;

/** Traits by template, remembered: two generations. */
export class TraitsCache {
  #young = new Map<string, EndpointTraits>();
  #old = new Map<string, EndpointTraits>();
  readonly #tagger = new FlowTagger();

  of(template: string): EndpointTraits {
    const young = this.#young.get(template);
    if (young) return young;
    const traits = this.#old.get(template) ?? this.#make(template);
    if (this.#young.size >= MAX_TEMPLATES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(template, traits);
    return traits;
  }

  #make(template: string): EndpointTraits {
    const flows = this.#tagger.tagsOf(template);
    const admin = flows.includes('admin');
    const billing = flows.includes('billing');
    const exported = flows.includes('export');
    return {
      flows,
      auth: flows.includes('auth'),
      admin,
      billing,
      export: exported,
      sensitive: admin || billing || exported,
      parameters: template.split('{').length - 1,
    };
  }
}

/** An endpoint that answered 2xx or 3xx: to whom and since when. About 0.5 KB. */
export class EndpointKnowledge {
  /** Hash of its key; what CallerProfile.endpoints holds. */
  readonly id: number;
  /** Answers 2xx and 3xx; 2xx to somebody with a credential, and without. */
  successes = 0;
  authenticated = 0;
  anonymous = 0;
  /** All requests, refused ones included, since it is known. */
  requests = 0;
  lastAt: number;
  /** What people said about it. */
  said: TeachingTime | undefined;
  /** Callers with credentials (hashes of their keys) that it answered 2xx: 64 singly. */
  readonly callers = new TermList(64);

  constructor(
    readonly key: string,
    readonly serviceId: string,
    readonly method: string,
    readonly template: string,
    /** ms. */
    readonly firstAt: number,
  ) {
    this.id = hash32(key) || 1;
    this.lastAt = firstAt;
  }
}
