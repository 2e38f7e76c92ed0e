import type { Logger } from '@outrider/platform/logger';
import type { GatewayPlugin, Gateways } from '@outrider/ports/gateway-admin';
import { gatewayKey } from './entry/gateway-context.ts';
import type { SecretNames } from './entry/secret-names.ts';

/** Where plugins say under which header, query and cookie names credentials come. */
const NAME_FIELDS = ['key_names', 'uri_param_names', 'cookie_names', 'header_names', 'cookie_name'] as const;
const PLUGINS = ['key-auth', 'key-auth-enc', 'jwt', 'session'] as const;

/**
 * Asks each Kong whose Admin API is known for the names its authentication plugins use, so that keys under unusual names are recognised
 * too. A Kong that does not answer changes nothing: what was learned stays.
 */
export class KeyNameRefresher {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly gateways: Gateways,
    private readonly names: SecretNames,
    private readonly log: Logger,
    private readonly everyMs: number,
  ) {}

  /** Begins in the background: collecting does not wait for Kong. */
  start(): void {
    this.#running = this.#loop();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = undefined;
  }

  /** One round over all gateways. */
  async refresh(): Promise<void> {
    for (const { tenant, gateway, adminConfigured } of this.gateways.list()) {
      if (!adminConfigured) continue;
      try {
        const plugins = await this.gateways.admin(tenant, gateway)?.plugins(PLUGINS);
        this.names.learn(gatewayKey(tenant, gateway), (plugins ?? []).flatMap(credentialNames));
      } catch (error) {
        this.log.warn({ err: error, gateway }, 'could not learn credential names from Kong');
      }
    }
  }

  async #loop(): Promise<void> {
    await this.refresh();
    if (this.#running === undefined) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#loop();
    }, this.everyMs);
    this.#timer.unref();
  }
}

const credentialNames = (plugin: GatewayPlugin): string[] =>
  NAME_FIELDS.flatMap((field) => {
    const value = plugin.config[field];
    if (typeof value === 'string') return [value];
    return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
  });
