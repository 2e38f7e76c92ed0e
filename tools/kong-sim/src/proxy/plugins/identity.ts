import { stringAt, type JsonObject } from '../../json.ts';
import { gatewayError, type Exchange, type GatewayAnswer } from '../exchange.ts';
import type { PluginWorld } from './plugin-handler.ts';

const IDENTITY_HEADERS = ['x-consumer-id', 'x-consumer-custom-id', 'x-consumer-username'];

/** Makes the exchange the consumer's, and tells the upstream so in headers that a client cannot forge. */
export const authenticate = (
  exchange: Exchange,
  consumer: JsonObject,
  credential: JsonObject,
  identifier: string,
): void => {
  exchange.consumer = consumer;
  exchange.credential = credential;
  setConsumerHeaders(exchange, consumer);
  exchange.headers.set('x-credential-identifier', [bytes(identifier)]);
  exchange.headers.delete('x-anonymous-consumer');
};

const setConsumerHeaders = (exchange: Exchange, consumer: JsonObject): void => {
  const values = [stringAt(consumer, 'id'), stringAt(consumer, 'custom_id'), stringAt(consumer, 'username')];
  for (const [at, name] of IDENTITY_HEADERS.entries()) {
    const value = values[at];
    if (value === undefined) exchange.headers.delete(name);
    else exchange.headers.set(name, [bytes(value)]);
  }
};

// Header values are bytes, one per character.
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

/**
 * What a failed authentication comes to: the anonymous consumer where one is configured, the refusal else.
 * A dangling `anonymous` is not found when it is written, only here.
 */
export const refuseUnlessAnonymous = (
  exchange: Exchange,
  config: JsonObject,
  world: PluginWorld,
  refusal: GatewayAnswer,
): GatewayAnswer | undefined => {
  const anonymous = stringAt(config, 'anonymous');
  if (anonymous === undefined) return refusal;
  const consumer = world.view.consumer(anonymous);
  if (consumer === undefined) return gatewayError(exchange, 500, 'An unexpected error occurred');
  exchange.consumer = consumer;
  setConsumerHeaders(exchange, consumer);
  exchange.headers.delete('x-credential-identifier');
  exchange.headers.set('x-anonymous-consumer', ['true']);
  return undefined;
};

/** With `anonymous`, several authentications are alternatives: the first success is enough. */
export const isSettled = (exchange: Exchange, config: JsonObject): boolean =>
  stringAt(config, 'anonymous') !== undefined && exchange.credential !== undefined;

export const skipsPreflight = (exchange: Exchange, config: JsonObject): boolean =>
  exchange.method === 'OPTIONS' && config['run_on_preflight'] === false;
