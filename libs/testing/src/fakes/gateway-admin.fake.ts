import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import {
  GatewayAdmin,
  Gateways,
  type GatewayConsumer,
  type GatewayInfo,
  type GatewayMembership,
  type GatewayPlugin,
  type GatewayRoute,
  type GatewayService,
  type NewPlugin,
} from '@outrider/ports/gateway-admin';

const HTTP = ['grpc', 'grpcs', 'http', 'https'];
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'request-termination': {
    status_code: 503,
    message: null,
    body: null,
    content_type: null,
    echo: false,
    trigger: null,
  },
  'rate-limiting': {
    second: null,
    minute: null,
    hour: null,
    day: null,
    month: null,
    year: null,
    limit_by: 'consumer',
    header_name: null,
    path: null,
    policy: 'local',
    fault_tolerant: true,
  },
  'ip-restriction': { allow: null, deny: null, status: 403, message: null },
};
const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'];

/**
 * Kong's Admin API in memory, with the rules that matter to who changes plugins: one plugin a scope, PATCH merges config and replaces arrays,
 * the checks of the plugins that penalise. For unit tests; kong-sim is the thorough one.
 */
export class FakeGatewayAdmin extends GatewayAdmin {
  readonly stored = new Map<string, GatewayPlugin>();
  readonly consumers = new Map<string, GatewayConsumer>();
  readonly writes: string[] = [];
  allRoutes: readonly GatewayRoute[] = [];
  allServices: readonly GatewayService[] = [];
  memberships: readonly GatewayMembership[] = [];
  writable = true;
  /** While true, every call is a TransientError. */
  away = false;
  /** Counted down by each write; the write at 0 fails: before it takes effect, or after (`lost`: only its answer). */
  failAt: { left: number; readonly lost: boolean } | undefined;
  /** Runs before each write: somebody else at work. */
  beforeWrite: (() => void) | undefined;

  async info(): Promise<GatewayInfo> {
    this.#reach();
    return { version: '3.9.3', edition: 'community', writable: this.writable, clockAt: undefined };
  }

  async consumer(idOrName: string): Promise<GatewayConsumer | undefined> {
    this.#reach();
    return [...this.consumers.values()].find(({ id, username }) => id === idOrName || username === idOrName);
  }

  async plugin(id: string): Promise<GatewayPlugin | undefined> {
    this.#reach();
    return this.stored.get(id);
  }

  async plugins(names?: readonly string[]): Promise<readonly GatewayPlugin[]> {
    this.#reach();
    return structuredClone([...this.stored.values()].filter((plugin) => !names || names.includes(plugin.name)));
  }

  async consumerPlugins(consumerId: string): Promise<readonly GatewayPlugin[]> {
    return (await this.plugins()).filter((plugin) => plugin.consumer?.id === consumerId);
  }

  putPlugin(plugin: NewPlugin): Promise<GatewayPlugin> {
    return this.#write(`PUT ${plugin.id}`, () => this.place(plugin));
  }

  patchPlugin(id: string, change: Partial<NewPlugin>): Promise<GatewayPlugin | undefined> {
    return this.#write(`PATCH ${id}`, () => {
      const before = this.stored.get(id);
      if (!before) return undefined;
      return this.place({ ...before, ...change, config: { ...before.config, ...change.config } });
    });
  }

  deletePlugin(id: string): Promise<void> {
    return this.#write(`DELETE ${id}`, () => void this.stored.delete(id));
  }

  async routes(): Promise<readonly GatewayRoute[]> {
    this.#reach();
    return this.allRoutes;
  }

  async services(): Promise<readonly GatewayService[]> {
    this.#reach();
    return this.allServices;
  }

  async eachPlugin(visit: (plugin: GatewayPlugin) => void): Promise<void> {
    for (const plugin of await this.plugins()) visit(plugin);
  }

  async eachMembership(visit: (membership: GatewayMembership) => void): Promise<void> {
    this.#reach();
    for (const membership of this.memberships) visit(membership);
  }

  async taggedPlugins(tag: string): Promise<readonly GatewayPlugin[]> {
    return (await this.plugins()).filter(({ tags }) => tags?.includes(tag));
  }

  /** Stores a plugin as Kong would, past faults and counters. */
  place(plugin: NewPlugin): GatewayPlugin {
    const row: GatewayPlugin = {
      instance_name: null,
      protocols: plugin.name === 'ip-restriction' ? [...HTTP, 'tcp', 'tls'] : HTTP,
      ...plugin,
      config: { ...DEFAULTS[plugin.name], ...plugin.config },
    };
    const taken = [...this.stored.values()].find(
      (other) =>
        other.id !== row.id &&
        other.name === row.name &&
        other.service?.id === row.service?.id &&
        other.route?.id === row.route?.id &&
        other.consumer?.id === row.consumer?.id,
    );
    if (taken) throw new ConflictError(`the scope of ${row.name} is taken`);
    if (row.consumer && this.consumers.size > 0 && !this.consumers.has(row.consumer.id))
      throw new PermanentError('no such consumer', 'no-such-parent');
    const violation = violationOf(row);
    if (violation !== undefined) throw new PermanentError(`schema violation: ${violation}`, 'kong-2');
    this.stored.set(row.id, structuredClone(row));
    return structuredClone(row);
  }

  #reach(): void {
    if (this.away) throw new TransientError('Kong is away');
  }

  async #write<T>(what: string, act: () => T): Promise<T> {
    this.#reach();
    this.beforeWrite?.();
    const fault = this.failAt;
    const fails = fault !== undefined && fault.left-- === 0;
    if (fails && !fault.lost) throw new TransientError('the connection broke');
    const answer = act();
    this.writes.push(what);
    if (fails) throw new TransientError('the answer was lost');
    return answer;
  }
}

const filled = (value: unknown): boolean => value !== null && value !== undefined;
const hasAny = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

const violationOf = ({ name, config, tags }: GatewayPlugin): string | undefined => {
  if (tags?.some((tag) => /[,/]/.test(tag))) return 'tags';
  if (name === 'ip-restriction' && !hasAny(config['allow']) && !hasAny(config['deny']))
    return 'allow and deny are empty';
  if (name === 'request-termination') {
    if (filled(config['message']) && (filled(config['body']) || filled(config['content_type'])))
      return 'message beside body';
    if (filled(config['content_type']) && !filled(config['body'])) return 'content_type without body';
  }
  if (name === 'rate-limiting') {
    const limits = PERIODS.flatMap((period) => (typeof config[period] === 'number' ? [config[period]] : []));
    if (limits.length === 0) return 'no limit';
    if (limits.some((limit, at) => at > 0 && limit < (limits[at - 1] ?? 0))) return 'descending limits';
  }
  return undefined;
};

/** One gateway `default` of tenant `default`. */
export class FakeGateways extends Gateways {
  constructor(
    readonly only: GatewayAdmin | undefined,
    readonly propagation = 5_000,
  ) {
    super();
  }

  admin(tenant: string, gateway: string): GatewayAdmin | undefined {
    return tenant === 'default' && gateway === 'default' ? this.only : undefined;
  }

  propagationMs(): number {
    return this.propagation;
  }

  list(): readonly { readonly tenant: string; readonly gateway: string; readonly adminConfigured: boolean }[] {
    return [{ tenant: 'default', gateway: 'default', adminConfigured: this.only !== undefined }];
  }
}
