import { existsSync, readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../json.ts';
import type { EntitySchema, FieldSpec } from './field-spec.ts';
import { fieldOf } from './field-spec.ts';

/** The folder stands beside both src and dist. */
const FOLDER = new URL('../../schemas/', import.meta.url);

/** As `GET /plugins/enabled` of the recorded gateway lists them, in its order. */
export const ENABLED_PLUGINS: readonly string[] = [
  'request-termination',
  'prometheus',
  'proxy-cache',
  'session',
  'acme',
  'grpc-gateway',
  'grpc-web',
  'pre-function',
  'post-function',
  'azure-functions',
  'zipkin',
  'opentelemetry',
  'standard-webhooks',
  'jwt',
  'acl',
  'correlation-id',
  'cors',
  'oauth2',
  'tcp-log',
  'udp-log',
  'file-log',
  'http-log',
  'key-auth',
  'hmac-auth',
  'basic-auth',
  'ip-restriction',
  'request-transformer',
  'response-transformer',
  'request-size-limiting',
  'rate-limiting',
  'response-ratelimiting',
  'syslog',
  'loggly',
  'datadog',
  'ldap-auth',
  'statsd',
  'bot-detection',
  'redirect',
];

const read = new Map<string, JsonObject | undefined>();

/** A schema exactly as Kong serves it, or nothing where there is none. */
const served = (file: string): JsonObject | undefined => {
  if (!read.has(file)) {
    const path = new URL(`${file}.json`, FOLDER);
    read.set(file, existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as JsonObject) : undefined);
  }
  return read.get(file);
};

export const servedPluginSchema = (plugin: string): JsonObject | undefined =>
  ENABLED_PLUGINS.includes(plugin) ? served(plugin) : undefined;

export const servedEntitySchema = (entity: string): JsonObject | undefined =>
  /^[a-z_]+$/.test(entity) ? served(`entity-${entity}`) : undefined;

// The files were served by Kong itself and are part of this package, so their shape is known.
const asSchema = (json: JsonObject | undefined): EntitySchema | undefined =>
  json as unknown as EntitySchema | undefined;

export const entitySchema = (entity: string): EntitySchema => {
  const schema = asSchema(servedEntitySchema(entity));
  if (schema === undefined) throw new Error(`no schema for ${entity}`);
  return schema;
};

/** The schema of a plugin's row: the common one, with this plugin's config, protocols, forbidden scopes and checks. */
export const pluginRowSchema = (plugin: string): EntitySchema | undefined => {
  const own = asSchema(servedPluginSchema(plugin));
  if (own === undefined) return undefined;
  const fields = entitySchema('plugins').fields.map((named) => {
    const [name = '', common = {}] = Object.entries(named)[0] ?? [];
    const specific = fieldOf(own, name);
    return { [name]: specific === undefined ? common : specificField(common, specific) };
  });
  return { fields, entity_checks: own.entity_checks ?? [] };
};

// A plugin that cannot be scoped to an entity says so with "eq": null on that reference.
const specificField = (common: FieldSpec, specific: FieldSpec): FieldSpec =>
  common.type === 'foreign' ? { ...common, eq: null as Json } : specific;
