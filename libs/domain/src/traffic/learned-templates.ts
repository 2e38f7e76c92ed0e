import * as z from 'zod';
import type { ApiEvent } from './api-event.ts';
import { ServiceTemplates } from './service-templates.ts';

/** A template that was learned from traffic, and what stands at each of its tokens (`tokensOf` of domain/traffic/paths). */
export const LearnedTemplate = z.object({
  method: z.string().max(16),
  template: z.string().max(4_096),
  /** A letter for each token: `n` a name, `t` a value that its shape proves, `v` one that looks like a value, `o` any value. */
  places: z
    .string()
    .max(64)
    .regex(/^[ntvo]*$/),
});
export type LearnedTemplate = Readonly<z.infer<typeof LearnedTemplate>>;

/** Whose paths they are. `service` is the service's id; nothing is learned of what has none. */
export interface TemplateScope {
  readonly tenant: string;
  readonly gateway: string;
  readonly service: string;
  readonly host: string;
}

export interface LearnedService extends TemplateScope {
  readonly templates: readonly LearnedTemplate[];
}

interface Entry extends TemplateScope {
  readonly matcher: ServiceTemplates;
}

/**
 * Learned path templates as a matcher. Services are given only where what was learned differs from what shapes alone prove
 * (`pathTemplate`): for all others an event costs one look into a map.
 */
export class LearnedTemplates {
  static readonly NONE = new LearnedTemplates([]);
  /** Service id → its matchers, one for each tenant, gateway and host. */
  readonly #services = new Map<string, Map<string, Entry[]>>();

  constructor(services: readonly LearnedService[]) {
    for (const { templates, ...scope } of services) {
      const hosts = this.#services.get(scope.service) ?? new Map<string, Entry[]>();
      this.#services.set(scope.service, hosts);
      hosts.set(scope.host, [...(hosts.get(scope.host) ?? []), { ...scope, matcher: new ServiceTemplates(templates) }]);
    }
  }

  of(tenant: string, gateway: string, service: string, host: string): ServiceTemplates | undefined {
    const entries = this.#services.get(service)?.get(host);
    if (entries === undefined) return undefined;
    for (const entry of entries) if (entry.gateway === gateway && entry.tenant === tenant) return entry.matcher;
    return undefined;
  }

  /** What the event's `pathTemplate` should be: the learned template of its path, or the one that it has. */
  template(event: TemplatedEvent): string {
    if (event.serviceId === '') return event.pathTemplate;
    const matcher = this.of(event.tenant, event.gateway, event.serviceId, event.host);
    return matcher?.templateOf(event.method, event.path, event.pathTemplate) ?? event.pathTemplate;
  }

  /** The event with the template that it should have; the same object where it has it. */
  applied(event: ApiEvent): ApiEvent {
    if (this.#services.size === 0) return event;
    const pathTemplate = this.template(event);
    return pathTemplate === event.pathTemplate ? event : { ...event, pathTemplate };
  }

  get isEmpty(): boolean {
    return this.#services.size === 0;
  }
}

export type TemplatedEvent = Pick<
  ApiEvent,
  'tenant' | 'gateway' | 'serviceId' | 'host' | 'method' | 'path' | 'pathTemplate'
>;
