import { timingSafeEqual } from 'node:crypto';
import { objectAt, stringAt, type JsonObject } from '../../json.ts';
import { passwordHash } from '../../store/password-hash.ts';
import { firstHeader, gatewayError, type Exchange } from '../exchange.ts';
import { authenticate, isSettled, refuseUnlessAnonymous } from './identity.ts';
import type { PluginHandler, PluginWorld } from './plugin-handler.ts';

export const basicAuth: PluginHandler = {
  name: 'basic-auth',
  priority: 1100,
  access: (exchange, config, world) => {
    if (isSettled(exchange, config)) return undefined;
    const accepted = accept(exchange, world);
    if (accepted === undefined) {
      const challenge = { 'www-authenticate': `Basic realm="${stringAt(config, 'realm') ?? 'service'}"` };
      return refuseUnlessAnonymous(exchange, config, world, gatewayError(exchange, 401, 'Unauthorized', challenge));
    }
    authenticate(exchange, accepted.consumer, accepted.credential, String(accepted.credential['username']));
    if (config['hide_credentials'] === true) exchange.headers.delete('authorization');
    return undefined;
  },
};

const accept = (
  exchange: Exchange,
  world: PluginWorld,
): { readonly credential: JsonObject; readonly consumer: JsonObject } | undefined => {
  const header = firstHeader(exchange.headers, 'proxy-authorization') ?? firstHeader(exchange.headers, 'authorization');
  const encoded = /^\s*basic\s+(\S+)/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const at = text.indexOf(':');
  if (at < 0) return undefined;
  const credential = world.view.credential('basicauth_credentials', 'username', text.slice(0, at));
  const consumerId = stringAt(objectAt(credential, 'consumer'), 'id') ?? '';
  const consumer = world.view.consumer(consumerId);
  if (credential === undefined || consumer === undefined) return undefined;
  const expected = Buffer.from(String(credential['password']));
  const actual = Buffer.from(passwordHash(text.slice(at + 1), consumerId));
  return expected.length === actual.length && timingSafeEqual(expected, actual) ? { credential, consumer } : undefined;
};
