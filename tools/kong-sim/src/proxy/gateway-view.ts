import { objectAt, stringAt, type JsonObject } from '../json.ts';
import type { KindName } from '../store/entity-kinds.ts';
import type { EntityStore } from '../store/entity-store.ts';

interface Snapshot {
  readonly routes: readonly JsonObject[];
  readonly services: ReadonlyMap<string, JsonObject>;
  /** Enabled plugins by name, then by scope. */
  readonly plugins: ReadonlyMap<string, ReadonlyMap<string, JsonObject>>;
}

/**
 * What the proxy sees of the configuration.
 * Routes, services and plugins change at a poll, all together; consumers, credentials and groups are read through at once.
 */
export class GatewayView {
  private snapshot: Snapshot;
  private dirty = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly indexes = new Map<string, Map<string, string[]>>();
  private readonly rows = new Map<string, JsonObject>();

  constructor(
    private readonly store: EntityStore,
    private readonly propagationMs: number,
  ) {
    this.snapshot = this.take();
    store.onChange((kind) => {
      if (kind.propagates) this.dirty = true;
      else this.forget();
      if (this.propagationMs === 0) this.propagate();
    });
  }

  /** Begins to poll. With an infinite interval only `propagate` makes changes visible. */
  start(): void {
    if (this.propagationMs <= 0 || !Number.isFinite(this.propagationMs)) return;
    this.timer = setInterval(() => this.propagate(), this.propagationMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One poll: everything that changed since the last one becomes visible. */
  propagate(): void {
    if (!this.dirty) return;
    this.dirty = false;
    this.snapshot = this.take();
  }

  get routes(): readonly JsonObject[] {
    return this.snapshot.routes;
  }

  service(id: string | undefined): JsonObject | undefined {
    return id === undefined ? undefined : this.snapshot.services.get(id);
  }

  /** The one configuration of a plugin that applies: the most specific scope wins and replaces the others. */
  plugin(name: string, routeId?: string, serviceId?: string, consumerId?: string): JsonObject | undefined {
    const scopes = this.snapshot.plugins.get(name);
    if (scopes === undefined) return undefined;
    const [r, s, c] = [routeId ?? '', serviceId ?? '', consumerId ?? ''];
    for (const [route, service, consumer] of [
      [r, s, c],
      [r, '', c],
      ['', s, c],
      [r, s, ''],
      ['', '', c],
      [r, '', ''],
      ['', s, ''],
    ] as const) {
      // A scope that names nothing is the global one, which comes last.
      if (route + service + consumer === '') continue;
      const found = scopes.get(scopeKey(route, service, consumer));
      if (found !== undefined) return found;
    }
    return scopes.get(scopeKey('', '', ''));
  }

  consumer(idOrName: string): JsonObject | undefined {
    const id = this.index('consumers', 'username').get(idOrName)?.[0] ?? idOrName;
    return this.row('consumers', id);
  }

  /** A credential by the value that a client presents; expired ones are not found. */
  credential(kind: KindName, field: string, value: string): JsonObject | undefined {
    const id = this.index(kind, field).get(value)?.[0];
    // Read again rather than from the index: it may have expired meanwhile.
    return id === undefined ? undefined : this.store.byId(kind, id);
  }

  groupsOf(consumerId: string): string[] {
    const ids = this.index('acls', 'consumer').get(consumerId) ?? [];
    return ids.flatMap((id) => stringAt(this.row('acls', id), 'group') ?? []);
  }

  private row(kind: KindName, id: string): JsonObject | undefined {
    const key = `${kind} ${id}`;
    const row = this.rows.get(key) ?? this.store.byId(kind, id);
    if (row !== undefined) this.rows.set(key, row);
    return row;
  }

  private index(kind: KindName, field: string): Map<string, string[]> {
    const key = `${kind} ${field}`;
    const known = this.indexes.get(key);
    if (known !== undefined) return known;
    const index = new Map<string, string[]>();
    for (const row of this.store.all(kind)) {
      const value = stringAt(row, field) ?? stringAt(objectAt(row, field), 'id');
      if (value !== undefined) index.set(value, [...(index.get(value) ?? []), String(row['id'])]);
    }
    this.indexes.set(key, index);
    return index;
  }

  private forget(): void {
    this.indexes.clear();
    this.rows.clear();
  }

  private take(): Snapshot {
    const plugins = new Map<string, Map<string, JsonObject>>();
    for (const plugin of this.store.all('plugins')) {
      if (plugin['enabled'] !== true) continue;
      const name = String(plugin['name']);
      const scopes = plugins.get(name) ?? new Map<string, JsonObject>();
      plugins.set(name, scopes);
      const [route, service, consumer] = ['route', 'service', 'consumer'].map(
        (field) => stringAt(objectAt(plugin, field), 'id') ?? '',
      );
      scopes.set(scopeKey(route ?? '', service ?? '', consumer ?? ''), plugin);
    }
    return {
      routes: this.store.all('routes'),
      services: new Map(this.store.all('services').map((service) => [String(service['id']), service])),
      plugins,
    };
  }
}

const scopeKey = (route: string, service: string, consumer: string): string => `${route}|${service}|${consumer}`;
