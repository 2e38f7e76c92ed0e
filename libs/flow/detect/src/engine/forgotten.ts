import { hash32 } from '../duplicates/hash64.ts';

/** Entities by kind, by the keys that detection has. */
export interface ForgottenKeys {
  /** `tenant|kind|id` (callerKeyOf). */
  readonly callers: ReadonlySet<string>;
  /** `tenant|service|METHOD template` (endpointKeyOf). */
  readonly endpoints: ReadonlySet<string>;
  /** `tenant|id`, or the name where it has no id. */
  readonly services: ReadonlySet<string>;
  readonly routes: ReadonlySet<string>;
  readonly gateways: ReadonlySet<string>;
}

/** Entities whose baselines people reset: what a watcher holds of their past by itself is to go. */
export class Forgotten implements ForgottenKeys {
  readonly callers: ReadonlySet<string>;
  readonly endpoints: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly routes: ReadonlySet<string>;
  readonly gateways: ReadonlySet<string>;
  /** EndpointKnowledge.id of the endpoints. */
  readonly endpointIds: ReadonlySet<number>;
  /** `tenant|service|template` of the endpoints, for who keeps all methods together. */
  readonly places: ReadonlySet<string>;
  /** `tenant|address` of the callers that are addresses. */
  readonly addresses: ReadonlySet<string>;

  constructor(keys: Partial<ForgottenKeys>) {
    this.callers = keys.callers ?? NONE;
    this.endpoints = keys.endpoints ?? NONE;
    this.services = keys.services ?? NONE;
    this.routes = keys.routes ?? NONE;
    this.gateways = keys.gateways ?? NONE;
    this.endpointIds = new Set([...this.endpoints].map((key) => hash32(key) || 1));
    this.places = new Set([...this.endpoints].map((key) => key.replace(METHOD, '$1')));
    this.addresses = new Set(
      [...this.callers].flatMap((key) => (ADDRESS.test(key) ? [key.replace(ADDRESS, '$1|')] : [])),
    );
  }
}

const NONE: ReadonlySet<string> = new Set();
/** Tenants are slugs and ids of services hold no `|`. */
const METHOD = /^([^|]*\|[^|]*\|)[A-Z]+ /;
const ADDRESS = /^([^|]*)\|ip\|/;
