import { isAddressOrRange } from '../cidr.ts';
import { isObject, numberAt, objectAt, stringsAt, type JsonObject } from '../json.ts';
import type { Violation } from './validate-record.ts';

/** Checks that Kong does in Lua functions, which the served schemas do not show. They see a config that passed its schema. */
const rules: Readonly<Record<string, (config: JsonObject) => Violation | undefined>> = {
  'request-termination': (config) => {
    const { message, body, content_type: contentType, echo } = config;
    if (filled(message) && (filled(contentType) || filled(body)))
      return 'message cannot be used with content_type or body';
    if (filled(contentType) && !filled(body)) return 'content_type requires a body';
    if (echo === true && (filled(contentType) || filled(body))) return 'echo cannot be used with content_type and body';
    return undefined;
  },
  'rate-limiting': (config) => descendingLimit(config),
  'response-ratelimiting': (config) => {
    for (const [name, limits] of Object.entries(objectAt(config, 'limits') ?? {})) {
      const violation = isObject(limits) ? descendingLimit(limits) : undefined;
      if (violation !== undefined) return { limits: { [name]: violation } };
    }
    return undefined;
  },
  'ip-restriction': (config) => {
    const found: { [field: string]: Violation } = {};
    for (const list of ['allow', 'deny']) {
      const wrong = stringsAt(config, list).map((entry) =>
        isAddressOrRange(entry) ? null : `invalid ip or cidr range: '${entry}'`,
      );
      const last = wrong.findLastIndex((violation) => violation !== null);
      if (last >= 0) found[list] = wrong.slice(0, last + 1);
    }
    return Object.keys(found).length > 0 ? found : undefined;
  },
  'key-auth': (config) => {
    const bad = stringsAt(config, 'key_names').map((name) =>
      /^[\w-]+$/.test(name) ? null : `bad header name '${name}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`,
    );
    const last = bad.findLastIndex((violation) => violation !== null);
    return last >= 0 ? { key_names: bad.slice(0, last + 1) } : undefined;
  },
  'http-log': (config) => {
    const endpoint = String(config['http_endpoint'] ?? '');
    if (!URL.canParse(endpoint) || new URL(endpoint).host === '') return { http_endpoint: 'missing host in url' };
    const names = Object.keys(objectAt(config, 'headers') ?? {}).map((name) => name.toLowerCase());
    const url = new URL(endpoint);
    if (names.includes('authorization') && (url.username !== '' || url.password !== ''))
      return "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed";
    return undefined;
  },
};

export const pluginRuleViolation = (plugin: string, config: JsonObject): Violation | undefined =>
  rules[plugin]?.(config);

const filled = (value: unknown): boolean => value !== null && value !== undefined;

const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;

/** A longer period may not allow less than a shorter one. */
const descendingLimit = (config: JsonObject): string | undefined => {
  const limits = PERIODS.flatMap((period) => {
    const limit = numberAt(config, period);
    return limit === undefined ? [] : [{ period, limit }];
  });
  for (const [at, lower] of limits.entries())
    for (const higher of limits.slice(at + 1))
      if (higher.limit < lower.limit)
        return `The limit for ${higher.period}(${higher.limit.toFixed(1)}) cannot be lower than the limit for ${lower.period}(${lower.limit.toFixed(1)})`;
  return undefined;
};
