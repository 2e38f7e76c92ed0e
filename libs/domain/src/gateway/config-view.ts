import type { Entity } from '../traffic/entity.ts';
import type { ConfigSnapshot, PluginFacts, RouteFacts, ServiceFacts } from './config-snapshot.ts';

/** Where a plugin stands; ids, null = not set. */
export interface Scope {
  readonly service: string | null;
  readonly route: string | null;
  readonly consumer: string | null;
}

export const scopeKey = ({ service, route, consumer }: Scope): string =>
  `${route ?? ''}|${service ?? ''}|${consumer ?? ''}`;

const MAX_NAMES = 10;

/** A snapshot as Kong would apply it, and as operators made it: without what Outrider put in. */
export class ConfigView {
  readonly services: ReadonlyMap<string, ServiceFacts>;
  readonly routes: ReadonlyMap<string, RouteFacts>;
  readonly #byName = new Map<string, Map<string, PluginFacts>>();
  readonly #routesOf = new Map<string, RouteFacts[]>();

  constructor(
    snapshot: Pick<ConfigSnapshot, 'plugins' | 'services' | 'routes'>,
    readonly gateway: string,
  ) {
    this.services = new Map(snapshot.services.map((one) => [one.id, one]));
    this.routes = new Map(snapshot.routes.map((one) => [one.id, one]));
    for (const route of snapshot.routes) {
      const known = this.#routesOf.get(route.service ?? '');
      if (known) known.push(route);
      else this.#routesOf.set(route.service ?? '', [route]);
    }
    for (const stored of snapshot.plugins) {
      const plugin = stored.ours ? stored.base : stored;
      if (!plugin) continue;
      const scopes = this.#byName.get(plugin.name) ?? new Map<string, PluginFacts>();
      this.#byName.set(plugin.name, scopes.set(scopeKey(plugin), plugin));
    }
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  of(name: string): readonly PluginFacts[] {
    return [...(this.#byName.get(name)?.values() ?? [])];
  }

  /** The plugin that stands in this very scope, enabled or not. */
  at(name: string, scope: Scope): PluginFacts | undefined {
    return this.#byName.get(name)?.get(scopeKey(scope));
  }

  /**
   * The one that Kong applies: the first enabled of route + service + consumer, route + consumer, service + consumer, route + service,
   * consumer, route, service, global.
   */
  effective(name: string, scope: Scope, service = this.serviceOf(scope)): PluginFacts | undefined {
    const scopes = this.#byName.get(name);
    if (!scopes) return undefined;
    const r = scope.route ?? '';
    const s = service ?? '';
    const c = scope.consumer ?? '';
    for (const key of [
      `${r}|${s}|${c}`,
      `${r}||${c}`,
      `|${s}|${c}`,
      `${r}|${s}|`,
      `||${c}`,
      `${r}||`,
      `|${s}|`,
      '||',
    ]) {
      const plugin = scopes.get(key);
      if (plugin?.enabled === true) return plugin;
    }
    return undefined;
  }

  serviceOf({ service, route }: Scope): string | null {
    return service ?? (route === null ? null : (this.routes.get(route)?.service ?? null));
  }

  /** Routes that a plugin in this scope may be applied to. */
  routesIn({ service, route }: Scope): readonly RouteFacts[] {
    if (route !== null) {
      const only = this.routes.get(route);
      return only ? [only] : [];
    }
    return service === null ? [...this.routes.values()] : (this.#routesOf.get(service) ?? []);
  }

  /** Its route and its service are there. Consumers are not known one by one. */
  has({ service, route }: Scope): boolean {
    return (route === null || this.routes.has(route)) && (service === null || this.services.has(service));
  }

  entityOf({ service, route, consumer }: Scope): Entity {
    if (route !== null) return { kind: 'route', id: route, name: this.routes.get(route)?.name || route };
    if (service !== null) return { kind: 'service', id: service, name: this.services.get(service)?.name || service };
    if (consumer !== null) return { kind: 'consumer', id: consumer, name: consumer };
    return { kind: 'gateway', id: this.gateway, name: this.gateway };
  }

  /** Names that policies and other alerts know it by. */
  namesOf(scope: Scope, routes = this.routesIn(scope)): { services: string[]; routes: string[] } {
    if (scope.route === null && scope.service === null) return { services: [], routes: [] };
    const service = this.serviceOf(scope);
    return {
      services: service === null ? [] : [this.services.get(service)?.name || service],
      routes: routes.slice(0, MAX_NAMES).map(({ id, name }) => name || id),
    };
  }
}

/** For people: `route "orders"`, `the whole gateway`. */
export const placeText = ({ kind, name }: Entity): string =>
  kind === 'gateway' ? 'the whole gateway' : `${kind} "${name.slice(0, 80)}"`;
