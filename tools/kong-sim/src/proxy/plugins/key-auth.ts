import { objectAt, stringAt, stringsAt, type JsonObject } from '../../json.ts';
import { gatewayError, type Exchange } from '../exchange.ts';
import { parseQuery, withoutArgument } from '../request-uri.ts';
import { authenticate, isSettled, refuseUnlessAnonymous, skipsPreflight } from './identity.ts';
import type { PluginHandler } from './plugin-handler.ts';

type Presented = { readonly kind: 'none' } | { readonly kind: 'many' } | { readonly kind: 'key'; readonly key: string };

export const keyAuth: PluginHandler = {
  name: 'key-auth',
  priority: 1250,
  access: (exchange, config, world) => {
    if (skipsPreflight(exchange, config) || isSettled(exchange, config)) return undefined;
    const realm = stringAt(config, 'realm');
    const refuse = (message: string) =>
      refuseUnlessAnonymous(
        exchange,
        config,
        world,
        gatewayError(exchange, 401, message, {
          'www-authenticate': realm === undefined ? 'Key' : `Key realm="${realm}"`,
        }),
      );
    const presented = findKey(exchange, config);
    if (presented.kind === 'none') return refuse('No API key found in request');
    if (presented.kind === 'many') return refuse('Duplicate API key found');
    const text = Buffer.from(presented.key, 'latin1').toString();
    const credential = world.view.credential('keyauth_credentials', 'key', text);
    const consumer = world.view.consumer(stringAt(objectAt(credential, 'consumer'), 'id') ?? '');
    if (credential === undefined || consumer === undefined) return refuse('Unauthorized');
    authenticate(exchange, consumer, credential, String(credential['id']));
    return undefined;
  },
};

/** The first name that carries a key decides; a key is hidden from the upstream even when it is wrong. */
const findKey = (exchange: Exchange, config: JsonObject): Presented => {
  const args = parseQuery(exchange.upstreamQuery);
  for (const name of stringsAt(config, 'key_names')) {
    const inHeader = config['key_in_header'] === true ? exchange.headers.get(name.toLowerCase()) : undefined;
    const inQuery = config['key_in_query'] === true ? args[name] : undefined;
    const found = inHeader ?? (inQuery === true ? undefined : inQuery);
    if (found === undefined) continue;
    if (config['hide_credentials'] === true) {
      exchange.headers.delete(name.toLowerCase());
      exchange.upstreamQuery = withoutArgument(exchange.upstreamQuery, name);
    }
    const keys = Array.isArray(found) ? found : [found];
    if (keys.length > 1) return { kind: 'many' };
    const [key] = keys;
    if (typeof key === 'string' && key !== '') return { kind: 'key', key };
  }
  return { kind: 'none' };
};
