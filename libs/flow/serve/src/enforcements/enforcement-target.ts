import type { EnforcementBody } from '@outrider/contracts/http/enforcements';
import type { Entity } from '@outrider/domain/traffic/entity';
import { canonicalIp } from '@outrider/domain/traffic/ip-address';
import { CallerError } from '@outrider/platform/errors';
import type { GatewayAdmin, Gateways } from '@outrider/ports/gateway-admin';
import { InvalidInput } from '../http/problem.ts';

export interface Target {
  readonly gateway: string;
  readonly entity: Entity;
  readonly alsoKnownAs: readonly string[];
}

/**
 * Whom a request by hand means, in Kong's own words: the never-block list knows a consumer by any of its names, so all are asked of Kong.
 * Throws CallerError; TransientError when Kong is away.
 */
export const targetOf = async (tenant: string, body: EnforcementBody, gateways: Gateways): Promise<Target> => {
  const { gateway, admin } = gatewayOf(tenant, body.gateway, gateways);
  if (body.action.kind === 'block-address') return { gateway, entity: addressOf(body), alsoKnownAs: [] };
  if (body.entity.kind !== 'consumer')
    throw new InvalidInput([{ path: 'entity.kind', message: `${body.action.kind} needs a consumer` }]);
  const consumer = await admin.consumer(body.entity.id);
  if (!consumer) throw new CallerError('Kong knows no such consumer', 'unknown-consumer', 422);
  const names = [consumer.username, consumer.custom_id].flatMap((name) => name || []);
  return {
    gateway,
    entity: { kind: 'consumer', id: consumer.id, name: names[0] ?? consumer.id },
    alsoKnownAs: names,
  };
};

const gatewayOf = (
  tenant: string,
  asked: string | undefined,
  gateways: Gateways,
): { gateway: string; admin: GatewayAdmin } => {
  const own = gateways.list().filter((g) => g.tenant === tenant);
  const writable = own.filter((g) => g.adminConfigured);
  const gateway = asked ?? (writable.length === 1 ? writable[0]?.gateway : undefined);
  if (gateway === undefined)
    throw new InvalidInput([
      {
        path: 'gateway',
        message: writable.length === 0 ? 'no gateway has an Admin API configured' : 'name one of several gateways',
      },
    ]);
  const admin = own.some((g) => g.gateway === gateway) ? gateways.admin(tenant, gateway) : undefined;
  if (!admin) throw new CallerError('this gateway is unknown or has no Admin API configured', 'unknown-gateway', 422);
  return { gateway, admin };
};

const addressOf = (body: EnforcementBody): Entity => {
  const address = body.entity.kind === 'ip' ? canonicalIp(body.entity.id.trim()) : undefined;
  if (address === undefined)
    throw new InvalidInput([{ path: 'entity', message: 'block-address needs an ip entity whose id is an address' }]);
  return { kind: 'ip', id: address, name: address };
};
