import { createHash } from 'node:crypto';
import type { PluginFacts } from '@outrider/domain/gateway/config-snapshot';

const MAX_SHOWN = 120;

/** Where a logger writes to. A URL may hold a password or a token: shown are its host and port, and its user part is in no hash. */
export const destinationOf = (
  name: string,
  config: Readonly<Record<string, unknown>>,
): NonNullable<PluginFacts['destination']> => {
  const parts = Object.entries(config)
    .filter(([field, value]) => FIELDS.has(field) && value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256')
    .update(JSON.stringify(parts.map(([field, value]) => [field, withoutUser(value)])))
    .digest('hex')
    .slice(0, 24);
  return { hash, shown: shown(name, config).slice(0, MAX_SHOWN) };
};

/** Of all loggers that there are. `key` is the account at loggly, long and random: its hash tells nothing. */
const FIELDS = new Set([
  'host',
  'port',
  'path',
  'http_endpoint',
  'key',
  'facility',
  'bootstrap_servers',
  'topic',
  'endpoint',
  'project_id',
  'log_id',
  'destinations',
]);

const withoutUser = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const url = urlOf(value);
  if (!url) return value;
  url.username = '';
  url.password = '';
  // Kong drops it as well
  url.search = '';
  return url.href;
};

const shown = (name: string, config: Readonly<Record<string, unknown>>): string => {
  const { host, port, path, http_endpoint: endpoint, topic } = config;
  if (typeof endpoint === 'string') return urlOf(endpoint)?.host ?? 'an address kept elsewhere';
  if (typeof host === 'string') return typeof port === 'number' ? `${host}:${port}` : host;
  if (typeof path === 'string') return path;
  if (typeof topic === 'string') return `topic ${topic}`;
  return name;
};

const urlOf = (text: string): URL | undefined => {
  try {
    const url = new URL(text);
    return url.host === '' ? undefined : url;
  } catch {
    return undefined;
  }
};
