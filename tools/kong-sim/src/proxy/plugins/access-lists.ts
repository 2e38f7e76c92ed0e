import { rangeMatcher } from '../../cidr.ts';
import { numberAt, stringAt, stringsAt, type JsonObject } from '../../json.ts';
import { firstHeader, gatewayError } from '../exchange.ts';
import type { PluginHandler } from './plugin-handler.ts';

/** Deny wins; an allow list then refuses everyone who is not on it. */
export const acl: PluginHandler = {
  name: 'acl',
  priority: 950,
  access: (exchange, config, world) => {
    if (exchange.consumer === undefined) return gatewayError(exchange, 401, 'Unauthorized');
    const groups = world.view.groupsOf(String(exchange.consumer['id']));
    const allow = config['allow'] === null ? undefined : stringsAt(config, 'allow');
    const denied = stringsAt(config, 'deny').some((group) => groups.includes(group));
    if (denied || allow?.some((group) => groups.includes(group)) === false)
      return gatewayError(exchange, 403, 'You cannot consume this service');
    if (config['hide_groups_header'] !== true && groups.length > 0)
      exchange.headers.set('x-consumer-groups', [Buffer.from(groups.join(', ')).toString('latin1')]);
    return undefined;
  },
};

export const ipRestriction: PluginHandler = {
  name: 'ip-restriction',
  priority: 990,
  access: (exchange, config) => {
    const lists = listsOf(config);
    const allowed = !lists.denies(exchange.clientIp) && (lists.allows?.(exchange.clientIp) ?? true);
    if (allowed) return undefined;
    const message = stringAt(config, 'message') ?? `IP address not allowed: ${exchange.clientIp}`;
    return gatewayError(exchange, numberAt(config, 'status') ?? 403, message);
  },
};

interface Lists {
  readonly denies: (address: string) => boolean;
  readonly allows?: (address: string) => boolean;
}

// The configuration object of a snapshot never changes, so its matchers are built once.
const listsByConfig = new WeakMap<JsonObject, Lists>();

const listsOf = (config: JsonObject): Lists => {
  const known = listsByConfig.get(config);
  if (known !== undefined) return known;
  const allow = stringsAt(config, 'allow');
  const lists: Lists = {
    denies: rangeMatcher(stringsAt(config, 'deny')),
    ...(allow.length === 0 ? {} : { allows: rangeMatcher(allow) }),
  };
  listsByConfig.set(config, lists);
  return lists;
};

/** A part of Kong's list: crawlers, and the libraries that well-behaved API clients use too. */
const KNOWN_BOTS =
  /(googlebot|bingbot|baiduspider|yandexbot|slurp|duckduckbot|ahrefsbot|semrushbot|mj12bot|ia_archiver|scrapy|python-urllib|go-http-client|apache-httpclient|okhttp|axios|libwww-perl|nutch|phpcrawl)/i;

export const botDetection: PluginHandler = {
  name: 'bot-detection',
  priority: 2500,
  access: (exchange, config) => {
    const agents = exchange.headers.get('user-agent') ?? [];
    if (agents.length > 1) return gatewayError(exchange, 400, 'Bad request');
    const agent = firstHeader(exchange.headers, 'user-agent');
    if (agent === undefined) return undefined;
    const matches = (pattern: string): boolean => new RegExp(pattern).test(agent);
    if (stringsAt(config, 'allow').some(matches)) return undefined;
    const isBot = stringsAt(config, 'deny').some(matches) || KNOWN_BOTS.test(agent);
    return isBot ? gatewayError(exchange, 403, 'Forbidden') : undefined;
  },
};

const UNIT_BYTES: Readonly<Record<string, number>> = { megabytes: 1024 * 1024, kilobytes: 1024, bytes: 1 };

/** By the announced length alone: a chunked body passes here, unlike in Kong, which then reads it. */
export const requestSizeLimiting: PluginHandler = {
  name: 'request-size-limiting',
  priority: 951,
  access: (exchange, config) => {
    const announced = firstHeader(exchange.headers, 'content-length');
    if (announced === undefined)
      return config['require_content_length'] === true && exchange.headers.has('transfer-encoding')
        ? gatewayError(exchange, 411, 'A valid Content-Length header is required')
        : undefined;
    const limit = (numberAt(config, 'allowed_payload_size') ?? 128) * (UNIT_BYTES[String(config['size_unit'])] ?? 1);
    if (Number(announced) <= limit) return undefined;
    return gatewayError(exchange, exchange.expectsContinue ? 417 : 413, 'Request size limit exceeded');
  },
};
