import type { GatewayPlugin, PluginScope } from '@outrider/ports/gateway-admin';
import { derivedId } from '../plan/ownership.ts';
import type { PlanInput } from '../plan/plan.ts';
import { consumerScope, isRouteAndService, scopeOf } from '../plan/plugin-scope.ts';

export const HTTP_PROTOCOLS = ['grpc', 'grpcs', 'http', 'https'] as const;

export interface Slot {
  readonly scope: PluginScope;
  /** The id of the plugin if it has to be made. */
  readonly madeId: string;
  /** Left alone when it is tight enough already. */
  readonly optional: boolean;
}

/**
 * The scopes in which a consumer's penalty must stand. Kong applies one plugin of a name to a request, the first of: route + service +
 * consumer, route + consumer, service + consumer, route + service, consumer, route, service, global. So a plugin on the consumer covers all
 * but the first four, and those of them that `needsUs` (they apply, and would let the consumer through) get the penalty too: in place
 * where they are the consumer's own, by a further plugin on route + consumer where they are everybody's. Disabled ones do not apply.
 */
export const consumerSlots = (
  name: string,
  { record, state }: Pick<PlanInput, 'record' | 'state'>,
  needsUs: (plugin: GatewayPlugin) => boolean,
): readonly Slot[] => {
  const consumerId = record.entity.id;
  const standing = state.plugins.filter((plugin) => plugin.name === name && plugin.enabled);
  const narrower = standing.filter((p) => p.consumer?.id === consumerId && (p.route !== null || p.service !== null));
  const slots: Slot[] = [{ scope: consumerScope(consumerId), madeId: record.id, optional: false }];
  for (const plugin of narrower)
    if (needsUs(plugin)) slots.push({ scope: scopeOf(plugin), madeId: plugin.id, optional: true });
  for (const plugin of standing) {
    const routeId = plugin.route?.id;
    if (!isRouteAndService(plugin) || routeId === undefined || !needsUs(plugin)) continue;
    const outranked = narrower.some(
      (p) => p.route?.id === routeId || (p.route === null && p.service?.id === plugin.service?.id),
    );
    if (outranked) continue;
    slots.push({
      scope: consumerScope(consumerId, routeId),
      madeId: derivedId(record.id, `route ${routeId}`),
      optional: false,
    });
  }
  return slots;
};
