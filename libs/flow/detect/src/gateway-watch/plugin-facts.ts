import { createHash } from 'node:crypto';
import type { EntryList, PluginFacts, StoredPlugin } from '@outrider/domain/gateway/config-snapshot';
import { isOurs, printOf, sharersOf } from '@outrider/domain/gateway/own-plugin';
import {
  AUTH_PLUGINS,
  CODE_PLUGINS,
  LIMIT_PLUGINS,
  LOG_PLUGINS,
  METRIC_PLUGINS,
  RESTRICTION_PLUGINS,
} from '@outrider/domain/gateway/plugin-roles';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';
import { destinationOf } from './log-destination.ts';

type Config = GatewayPlugin['config'];

/** Entries of one list that are kept; beyond it a hash. */
const MAX_ENTRIES = 500;
const MAX_ENTRY_CHARS = 200;
const MAX_VERIFY = 20;
const MAX_DEPTH = 4;

const AUTH: ReadonlySet<string> = new Set(AUTH_PLUGINS);
const LOGS: ReadonlySet<string> = new Set([...LOG_PLUGINS, ...METRIC_PLUGINS]);
const LIMITS: ReadonlySet<string> = new Set(LIMIT_PLUGINS);
const CODE: ReadonlySet<string> = new Set(CODE_PLUGINS);
const RESTRICTIONS: ReadonlySet<string> = new Set(RESTRICTION_PLUGINS);

/**
 * What judging needs of a plugin; undefined of one that no rule is about. Whatever else its configuration holds, secrets above all, is left
 * behind: of code and of where a logger writes to there is a hash.
 */
export const factsOf = (plugin: GatewayPlugin): StoredPlugin | undefined => {
  const { name, config, consumer_group: group } = plugin;
  // Enterprise: for members of a group alone, whom no rule knows
  if (group !== undefined) return undefined;
  const ours = isOurs(plugin);
  const told: Partial<PluginFacts> = {
    ...(AUTH.has(name) ? anonymousOf(config) : {}),
    ...(RESTRICTIONS.has(name) ? { ...listed('allow', config), ...listed('deny', config) } : {}),
    ...(LIMITS.has(name) ? limitOf(config) : {}),
    ...(LOGS.has(name) ? { destination: destinationOf(name, config) } : {}),
    ...codeOf(name, config),
    ...verifyOf(config),
    ...(name === 'request-termination' ? { stops: stops(config) } : {}),
  };
  if (!ours && Object.keys(told).length === 0 && !AUTH.has(name)) return undefined;
  return {
    id: plugin.id,
    name,
    enabled: plugin.enabled,
    service: plugin.service?.id ?? null,
    route: plugin.route?.id ?? null,
    consumer: plugin.consumer?.id ?? null,
    protocols: [...plugin.protocols].sort(),
    ...told,
    ...(ours ? { ours: { enforcements: [...sharersOf(plugin)].sort(), print: printOf(plugin) ?? '' } } : {}),
  };
};

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);

const anonymousOf = (config: Config): Pick<PluginFacts, 'anonymous'> => {
  const { anonymous } = config;
  return typeof anonymous === 'string' && anonymous !== '' ? { anonymous: anonymous.slice(0, MAX_ENTRY_CHARS) } : {};
};

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];

const listed = (field: 'allow' | 'deny', config: Config): Partial<Record<'allow' | 'deny', EntryList>> => {
  // Kong before 3.0 had other names for them
  const entries = strings(config[field] ?? config[field === 'allow' ? 'whitelist' : 'blacklist']).sort();
  if (entries.length === 0) return {};
  const kept = entries.length <= MAX_ENTRIES && entries.every((entry) => entry.length <= MAX_ENTRY_CHARS);
  return { [field]: { n: entries.length, hash: hashOf(JSON.stringify(entries)), ...(kept ? { entries } : {}) } };
};

const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  month: 30 * 86_400,
  year: 365 * 86_400,
};

/** The tightest window in the long run. Limits by name (response-ratelimiting) count one by one. */
const limitOf = (config: Config): Pick<PluginFacts, 'perSecond'> => {
  const rates = [config, ...Object.values(isRecord(config['limits']) ? config['limits'] : {})].flatMap((limits) =>
    isRecord(limits)
      ? Object.entries(SECONDS).flatMap(([period, seconds]) => {
          const limit = limits[period];
          return typeof limit === 'number' && limit > 0 ? [limit / seconds] : [];
        })
      : [],
  );
  const { limit, window_size: sizes } = config;
  if (Array.isArray(limit) && Array.isArray(sizes))
    limit.forEach((value: unknown, at) => {
      const size: unknown = sizes[at];
      if (typeof value === 'number' && typeof size === 'number' && size > 0) rates.push(value / size);
    });
  return rates.length === 0 ? {} : { perSecond: Math.min(...rates) };
};

/** Lua in the configuration, of whichever plugin, or the function that answers instead of the upstream. */
const codeOf = (name: string, config: Config): Pick<PluginFacts, 'code'> => {
  const fields = isRecord(config['custom_fields_by_lua']) ? sorted(config['custom_fields_by_lua']) : [];
  const own = CODE.has(name) ? sorted(config).filter(([field]) => FUNCTION_FIELDS.has(field)) : [];
  const parts = [...fields, ...own].filter(([, value]) => (Array.isArray(value) ? value.length > 0 : isCode(value)));
  return parts.length === 0 ? {} : { code: hashOf(JSON.stringify(parts)) };
};

const FUNCTION_FIELDS = new Set(
  [
    'certificate rewrite access header_filter body_filter log functions transform handle_unknown',
    'function_name host awsgateway_url appname functionname hostdomain package action',
  ].flatMap((line) => line.split(' ')),
);

const isCode = (value: unknown): boolean => (typeof value === 'string' && value !== '') || (isRecord(value) && Object.keys(value).length > 0); // prettier-ignore

const sorted = (record: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

const VERIFY =
  /^(?:(?:http_|https_|tls_|ssl_)*(?:tls|ssl|https)(?:_certificate|_server)?_verify|verify_ldap_host|tls_verify|ssl_verify)$/;

/** Switches such as `ssl_verify`, in whichever plugin and record. */
const verifyOf = (config: Config): Pick<PluginFacts, 'verify'> => {
  const found: [string, boolean][] = [];
  const look = (record: Readonly<Record<string, unknown>>, path: string, depth: number): void => {
    for (const [field, value] of Object.entries(record)) {
      if (found.length >= MAX_VERIFY) return;
      if (typeof value === 'boolean' && VERIFY.test(field)) found.push([`${path}${field}`, value]);
      else if (isRecord(value) && depth < MAX_DEPTH) look(value, `${path}${field}.`, depth + 1);
    }
  };
  look(config, '', 0);
  return found.length === 0 ? {} : { verify: Object.fromEntries(found.sort(byName)) };
};

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** It answers every request itself, with an error. */
const stops = ({ status_code: status, trigger }: Config): boolean =>
  (typeof status !== 'number' || status >= 400) && (trigger === null || trigger === undefined);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
