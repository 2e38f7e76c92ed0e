import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { ACTIONS } from '../actions/action-catalogue.ts';

/**
 * The part of Kong that an enforcement changes: no plugin belongs to two slots, so that whoever holds a slot is alone with its plugins. Address
 * blocks share the global restriction and the narrower ones; a consumer's penalties stand on plugins of that consumer alone.
 */
export const slotOf = ({ tenant, gateway, action, entity }: EnforcementRecord): string =>
  slotName(tenant, gateway, action.kind, action.kind === 'block-address' ? undefined : entity.id);

/** The slot of a plugin that is tagged as ours; undefined for one that no action of ours makes. */
export const slotOfPlugin = (tenant: string, gateway: string, plugin: GatewayPlugin): string | undefined => {
  const action = Object.values(ACTIONS).find(({ touches }) => touches.includes(plugin.name));
  if (!action) return undefined;
  return slotName(tenant, gateway, action.kind, action.kind === 'block-address' ? undefined : plugin.consumer?.id);
};

const slotName = (tenant: string, gateway: string, kind: string, entityId: string | undefined): string =>
  [tenant, gateway, kind, ...(entityId === undefined ? [] : [entityId])].join('/');
