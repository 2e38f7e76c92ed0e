import type { GatewayPlugin, PluginScope } from '@outrider/ports/gateway-admin';

export const GLOBAL: PluginScope = { service: null, route: null, consumer: null };

export const consumerScope = (consumerId: string, routeId?: string): PluginScope => ({
  service: null,
  route: routeId === undefined ? null : { id: routeId },
  consumer: { id: consumerId },
});

export const scopeOf = ({ service, route, consumer }: PluginScope): PluginScope => ({ service, route, consumer });

/** Kong holds at most one plugin of a name per scope, enabled or not. */
export const sameScope = (a: PluginScope, b: PluginScope): boolean =>
  a.service?.id === b.service?.id && a.route?.id === b.route?.id && a.consumer?.id === b.consumer?.id;

export const holderOf = (
  plugins: readonly GatewayPlugin[],
  name: string,
  scope: PluginScope,
): GatewayPlugin | undefined => plugins.find((plugin) => plugin.name === name && sameScope(plugin, scope));

/** For people: `route 7457… and consumer f80f…`. */
export const scopeText = (scope: PluginScope): string => {
  const parts = (['route', 'service', 'consumer'] as const).flatMap((kind) => {
    const reference = scope[kind];
    return reference ? [`${kind} ${reference.id}`] : [];
  });
  return parts.length === 0 ? 'the whole gateway' : parts.join(' and ');
};

export const isGlobal = (scope: PluginScope): boolean => sameScope(scope, GLOBAL);

/** Route and service without a consumer: the one scope that outranks a consumer's and is not about one. */
export const isRouteAndService = (scope: PluginScope): boolean =>
  scope.route !== null && scope.service !== null && scope.consumer === null;
