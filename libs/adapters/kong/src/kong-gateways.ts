import type { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { Gateways, type GatewayAdmin } from '@outrider/ports/gateway-admin';
import { KongAdmin } from './kong-admin.ts';

type Settings = Pick<GatewaySettings, 'id' | 'tenant' | 'adminUrl' | 'adminToken' | 'workspace' | 'propagationMs'>;

/** The Kongs of the configuration, each with its Admin API when one is set. */
export class KongGateways extends Gateways {
  readonly #known = new Map<string, { readonly settings: Settings; readonly admin: KongAdmin | undefined }>();

  constructor(gateways: readonly Settings[]) {
    super();
    for (const settings of gateways) {
      const { adminUrl: url, adminToken: token, workspace } = settings;
      const admin = url === undefined ? undefined : new KongAdmin({ url, token, workspace });
      this.#known.set(keyOf(settings.tenant, settings.id), { settings, admin });
    }
  }

  override admin(tenant: string, gateway: string): GatewayAdmin | undefined {
    return this.#known.get(keyOf(tenant, gateway))?.admin;
  }

  override propagationMs(tenant: string, gateway: string): number {
    return this.#known.get(keyOf(tenant, gateway))?.settings.propagationMs ?? 0;
  }

  override list(): readonly { readonly tenant: string; readonly gateway: string; readonly adminConfigured: boolean }[] {
    return [...this.#known.values()].map(({ settings, admin }) => ({
      tenant: settings.tenant,
      gateway: settings.id,
      adminConfigured: admin !== undefined,
    }));
  }

  /** Closes the kept connections. */
  close(): void {
    for (const { admin } of this.#known.values()) admin?.close();
  }
}

/** Slugs hold no slash. */
const keyOf = (tenant: string, gateway: string): string => `${tenant}/${gateway}`;
