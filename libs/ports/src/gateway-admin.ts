/** Scopes as Kong's Admin API writes them; null = not set. */
export interface PluginScope {
  readonly service: { readonly id: string } | null;
  readonly route: { readonly id: string } | null;
  readonly consumer: { readonly id: string } | null;
}

/** A plugin row as Kong answers it. `config` is kept as it came, so that it can be put back exactly. */
export interface GatewayPlugin extends PluginScope {
  readonly id: string;
  readonly name: string;
  readonly instance_name?: string | null;
  readonly enabled: boolean;
  readonly protocols: readonly string[];
  readonly tags: readonly string[] | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly created_at?: number;
  readonly ordering?: unknown;
  /** Kong Enterprise: it holds for the members of a group alone. */
  readonly consumer_group?: { readonly id: string };
}

export type NewPlugin = Omit<GatewayPlugin, 'created_at' | 'protocols' | 'ordering' | 'consumer_group'> & {
  readonly protocols?: readonly string[];
};

export interface GatewayConsumer {
  readonly id: string;
  readonly username: string | null;
  readonly custom_id: string | null;
  readonly tags: readonly string[] | null;
}

export interface GatewayRoute {
  readonly id: string;
  readonly name: string | null;
  readonly service: { readonly id: string } | null;
  readonly paths: readonly string[] | null;
  readonly protocols?: readonly string[];
}

export interface GatewayService {
  readonly id: string;
  readonly name: string | null;
  readonly host: string;
  readonly port: number;
  /** null: as the node is configured. */
  readonly tls_verify: boolean | null;
}

/** That a consumer is in an ACL group. */
export interface GatewayMembership {
  readonly consumer: string;
  readonly group: string;
}

export interface GatewayInfo {
  readonly version: string;
  readonly edition: string;
  /** DB-less and data planes cannot be changed through the Admin API. */
  readonly writable: boolean;
  /** Kong's clock by the Date header; ms since epoch. */
  readonly clockAt: number | undefined;
}

/**
 * The Admin API of one Kong, in its own words. Errors: TransientError (away, 5xx, time-out, 429), ConflictError (409: the scope is taken),
 * PermanentError (400 and other refusals, 401/403: with Kong's own message). A delete of what is not there succeeds.
 */
export abstract class GatewayAdmin {
  abstract info(): Promise<GatewayInfo>;
  abstract consumer(idOrName: string): Promise<GatewayConsumer | undefined>;
  abstract plugin(id: string): Promise<GatewayPlugin | undefined>;
  /** All plugins of these names, every scope, all pages. */
  abstract plugins(names?: readonly string[]): Promise<readonly GatewayPlugin[]>;
  abstract consumerPlugins(consumerId: string): Promise<readonly GatewayPlugin[]>;
  /** Create or replace under the chosen id. */
  abstract putPlugin(plugin: NewPlugin): Promise<GatewayPlugin>;
  /** Partial: `config` is merged field by field, arrays are replaced whole, null resets. */
  abstract patchPlugin(id: string, change: Partial<NewPlugin>): Promise<GatewayPlugin | undefined>;
  abstract deletePlugin(id: string): Promise<void>;
  abstract routes(): Promise<readonly GatewayRoute[]>;
  abstract services(): Promise<readonly GatewayService[]>;
  /** All plugins, page by page, so that nobody holds all configurations at once; what `visit` throws ends it. */
  abstract eachPlugin(visit: (plugin: GatewayPlugin) => void): Promise<void>;
  /** All memberships of ACL groups, page by page; none where the acl plugin is not installed. */
  abstract eachMembership(visit: (membership: GatewayMembership) => void): Promise<void>;
  abstract taggedPlugins(tag: string): Promise<readonly GatewayPlugin[]>;
}

/** Which Kong belongs to (tenant, gateway); undefined when its Admin API is not configured. */
export abstract class Gateways {
  abstract admin(tenant: string, gateway: string): GatewayAdmin | undefined;
  abstract propagationMs(tenant: string, gateway: string): number;
  abstract list(): readonly { readonly tenant: string; readonly gateway: string; readonly adminConfigured: boolean }[];
}
