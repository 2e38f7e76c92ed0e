import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, entityKey } from '@outrider/domain/traffic/entity';
import type { Endpoint } from './paths/endpoint.ts';
import type { PathTemplates } from './paths/path-templates.ts';
import { TemplateRegistry } from './paths/template-registry.ts';

/** The key of an endpoint that is known; otherwise the best guess, which is no endpoint of the inventory. */
export interface EndpointMatch {
  readonly endpoint: Endpoint | undefined;
  /** `/orders/{id}`; provisional unless `isKnown`. */
  readonly template: string;
  readonly isKnown: boolean;
}

/**
 * Events → endpoints, for all services. Without the events' service (Kong found no route) nothing is learned.
 * `observe` teaches; `find` does not. What is known returns the same object each time.
 */
export class EndpointFinder {
  readonly #matches = new WeakMap<Endpoint, EndpointMatch>();

  constructor(readonly registry: TemplateRegistry = new TemplateRegistry()) {}

  observe(event: ApiEvent): EndpointMatch {
    const templates = this.#templatesOf(
      event,
      event.status >= 200 && event.status < 400 && event.answeredBy === 'upstream',
    );
    if (templates === undefined) return guess(event.pathTemplate);
    const caller = entityKey(callerOf(event));
    const { method, path, startedAt: at } = event;
    // What Kong answered itself (a redirect, a preflight) proves no endpoint.
    const status = event.answeredBy === 'upstream' ? event.status : 400;
    return this.#matchOf(templates, templates.observe({ method, path, status, caller, at }), path);
  }

  find(event: ApiEvent): EndpointMatch {
    const templates = this.#templatesOf(event, false);
    if (templates === undefined) return guess(event.pathTemplate);
    return this.#matchOf(templates, templates.match(event.method, event.path), event.path);
  }

  #templatesOf({ tenant, gateway, serviceId, host }: ApiEvent, mayMake: boolean): PathTemplates | undefined {
    if (serviceId === '') return undefined;
    const scope = { tenant, gateway, service: serviceId, host };
    return mayMake ? this.registry.of(scope) : this.registry.find(scope);
  }

  #matchOf(templates: PathTemplates, endpoint: Endpoint | undefined, path: string): EndpointMatch {
    if (endpoint === undefined) return guess(templates.provisional(path));
    if (!endpoint.known) return { endpoint, template: endpoint.template, isKnown: false };
    const kept = this.#matches.get(endpoint);
    if (kept?.template === endpoint.template) return kept;
    const match: EndpointMatch = { endpoint, template: endpoint.template, isKnown: true };
    this.#matches.set(endpoint, match);
    return match;
  }
}

const guess = (template: string): EndpointMatch => ({ endpoint: undefined, template, isKnown: false });
