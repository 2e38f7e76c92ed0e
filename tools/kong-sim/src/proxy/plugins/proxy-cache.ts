import { numberAt, objectAt, stringAt, stringsAt, type Json, type JsonObject } from '../../json.ts';
import type { Exchange, GatewayAnswer } from '../exchange.ts';
import { parseQuery } from '../request-uri.ts';
import type { PluginHandler } from './plugin-handler.ts';

interface CachedAnswer extends GatewayAnswer {
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** Memory strategy without Cache-Control. A hit answers before request-termination runs. Make one per gateway. */
export const proxyCache = (): PluginHandler => {
  const cache = new Map<string, CachedAnswer>();
  return {
    name: 'proxy-cache',
    priority: 100,
    access: (exchange, config, world, plugin) => {
      const shows = (header: string): boolean => objectAt(config, 'response_headers')?.[header] === true;
      const note = (status: string): void => {
        if (shows('X-Cache-Status')) exchange.responseHeaders.push(['x-cache-status', status]);
      };
      if (!stringsAt(config, 'request_method').includes(exchange.method)) {
        note('Bypass');
        return undefined;
      }
      const key = keyOf(exchange, config, plugin);
      const cached = cache.get(key);
      if (cached !== undefined && cached.expiresAt > world.now()) {
        note('Hit');
        if (shows('age'))
          exchange.responseHeaders.push(['age', String(Math.floor((world.now() - cached.storedAt) / 1000))]);
        return { status: cached.status, headers: cached.headers ?? {}, body: cached.body };
      }
      // Replaced by "Bypass" when a later plugin ends the request.
      note('Miss');
      exchange.onUpstreamAnswer = (answer) => {
        const type = answer.headers?.['content-type'];
        const codes: Json = config['response_code'] ?? [];
        const cacheable = Array.isArray(codes) && codes.includes(answer.status);
        if (!cacheable || typeof type !== 'string' || !stringsAt(config, 'content_type').includes(type)) return;
        const storedAt = world.now();
        cache.set(key, { ...answer, storedAt, expiresAt: storedAt + (numberAt(config, 'cache_ttl') ?? 300) * 1000 });
      };
      return undefined;
    },
  };
};

/** Separate per consumer and plugin; the query counts whatever its order. */
const keyOf = (exchange: Exchange, config: JsonObject, plugin: JsonObject): string => {
  const varied = stringsAt(config, 'vary_query_params');
  const args = Object.entries(parseQuery(exchange.query)).filter(
    ([name]) => varied.length === 0 || varied.includes(name),
  );
  const headers = stringsAt(config, 'vary_headers').map((name) => exchange.headers.get(name.toLowerCase()));
  const who = stringAt(exchange.consumer, 'id') ?? '';
  return JSON.stringify([String(plugin['id']), who, exchange.method, exchange.path, args.sort(), headers]);
};
