import { objectAt, stringAt, stringsAt } from '../json.ts';
import { gatewayError, type Exchange, type GatewayAnswer } from './exchange.ts';
import { acl, botDetection, ipRestriction, requestSizeLimiting } from './plugins/access-lists.ts';
import { basicAuth } from './plugins/basic-auth.ts';
import { cors } from './plugins/cors.ts';
import { jwt } from './plugins/jwt.ts';
import { keyAuth } from './plugins/key-auth.ts';
import type { PluginHandler, PluginWorld } from './plugins/plugin-handler.ts';
import { proxyCache } from './plugins/proxy-cache.ts';
import { rateLimiting } from './plugins/rate-limiting.ts';
import { requestTermination } from './plugins/request-termination.ts';

/** Plugins that act after the answer; they are chosen in the access phase like all others. */
const LOGGERS: readonly PluginHandler[] = [
  { name: 'http-log', priority: 12, access: () => undefined },
  { name: 'tcp-log', priority: 7, access: () => undefined },
];

/** The plugins of one gateway, in the order in which they run. */
export const pluginHandlers = (): PluginHandler[] =>
  [
    ...LOGGERS,
    acl,
    basicAuth,
    botDetection,
    cors,
    ipRestriction,
    jwt,
    keyAuth,
    proxyCache(),
    rateLimiting(),
    requestSizeLimiting,
    requestTermination,
  ].sort((a, b) => b.priority - a.priority);

const HTTP_PROTOCOLS = ['http', 'https', 'grpc', 'grpcs'];

/**
 * Runs the plugins of a matched request. Each is looked up when its turn comes, so a consumer's own configuration
 * applies only after authentication; after an answer the rest are still chosen, but not run, so that loggers take part.
 */
export const runAccessPhase = (
  exchange: Exchange,
  handlers: readonly PluginHandler[],
  world: PluginWorld,
): GatewayAnswer | undefined => {
  let answer: GatewayAnswer | undefined;
  for (const handler of handlers) {
    const plugin = world.view.plugin(
      handler.name,
      stringAt(exchange.route, 'id'),
      stringAt(exchange.service, 'id'),
      stringAt(exchange.consumer, 'id'),
    );
    if (plugin === undefined || !stringsAt(plugin, 'protocols').some((name) => HTTP_PROTOCOLS.includes(name))) continue;
    exchange.plugins.set(handler.name, plugin);
    if (answer !== undefined) continue;
    try {
      answer = handler.access(exchange, objectAt(plugin, 'config') ?? {}, world, plugin);
    } catch {
      answer = gatewayError(exchange, 500, 'An unexpected error occurred');
    }
  }
  if (answer !== undefined) correctCacheStatus(exchange);
  return answer;
};

/** Where no route matched, only global loggers see the request. */
export const chooseGlobalLoggers = (exchange: Exchange, world: PluginWorld): void => {
  for (const { name } of LOGGERS) {
    const plugin = world.view.plugin(name);
    if (plugin !== undefined) exchange.plugins.set(name, plugin);
  }
};

const correctCacheStatus = (exchange: Exchange): void => {
  for (const header of exchange.responseHeaders)
    if (header[0] === 'x-cache-status' && header[1] === 'Miss') header[1] = 'Bypass';
};
