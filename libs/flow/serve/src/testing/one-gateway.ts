import { TransientError } from '@outrider/platform/errors';
import { GatewayAdmin, Gateways, type GatewayConsumer } from '@outrider/ports/gateway-admin';

/** Gateway `default` of each named tenant, whose Kong knows `consumers`; for specs of this stage, which reads consumers only. */
export class OneGateway extends Gateways {
  readonly consumers: GatewayConsumer[] = [];
  away = false;

  constructor(private readonly tenants: readonly string[]) {
    super();
  }

  admin(tenant: string, gateway: string): GatewayAdmin | undefined {
    if (!this.tenants.includes(tenant) || gateway !== 'default') return undefined;
    const consumer = async (text: string): Promise<GatewayConsumer | undefined> => {
      if (this.away) throw new TransientError('kong is away');
      return this.consumers.find((c) => c.id === text || c.username === text);
    };
    return Object.assign(Object.create(GatewayAdmin.prototype) as GatewayAdmin, { consumer });
  }

  propagationMs(): number {
    return 0;
  }

  list(): readonly { readonly tenant: string; readonly gateway: string; readonly adminConfigured: boolean }[] {
    return this.tenants.map((tenant) => ({ tenant, gateway: 'default', adminConfigured: true }));
  }
}
