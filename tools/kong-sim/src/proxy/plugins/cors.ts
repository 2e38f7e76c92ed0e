import { numberAt, stringsAt, type JsonObject } from '../../json.ts';
import { firstHeader, type Exchange } from '../exchange.ts';
import type { PluginHandler } from './plugin-handler.ts';

export const cors: PluginHandler = {
  name: 'cors',
  priority: 2000,
  access: (exchange, config) => {
    const headers = originHeaders(exchange, config);
    const isPreflight =
      exchange.method === 'OPTIONS' &&
      exchange.headers.has('origin') &&
      exchange.headers.has('access-control-request-method') &&
      config['preflight_continue'] !== true;
    if (!isPreflight) {
      exchange.responseHeaders.push(...headers);
      const exposed = stringsAt(config, 'exposed_headers');
      if (exposed.length > 0) exchange.responseHeaders.push(['access-control-expose-headers', exposed.join(',')]);
      return undefined;
    }
    exchange.responseHeaders.push(...headers, ['access-control-allow-methods', stringsAt(config, 'methods').join(',')]);
    const allowed =
      stringsAt(config, 'headers').join(',') || firstHeader(exchange.headers, 'access-control-request-headers');
    if (allowed !== undefined) exchange.responseHeaders.push(['access-control-allow-headers', allowed]);
    const maxAge = numberAt(config, 'max_age');
    if (maxAge !== undefined) exchange.responseHeaders.push(['access-control-max-age', String(maxAge)]);
    return { status: 200, body: '' };
  },
};

/** With credentials, "any origin" becomes the caller's own, whoever that is. */
const originHeaders = (exchange: Exchange, config: JsonObject): [string, string][] => {
  const origins = stringsAt(config, 'origins');
  const origin = firstHeader(exchange.headers, 'origin');
  const withCredentials = config['credentials'] === true;
  const credentials: [string, string][] = withCredentials ? [['access-control-allow-credentials', 'true']] : [];
  if (origins.length === 0 || origins.includes('*')) {
    if (!withCredentials) return [['access-control-allow-origin', '*']];
    return origin === undefined ? [] : [['access-control-allow-origin', origin], ['vary', 'Origin'], ...credentials];
  }
  const [only] = origins;
  const matched =
    origins.length === 1 && only !== undefined && isPlain(only)
      ? only
      : origins.some((pattern) => origin !== undefined && matchesOrigin(pattern, origin))
        ? origin
        : undefined;
  return matched === undefined ? [] : [['access-control-allow-origin', matched], ['vary', 'Origin'], ...credentials];
};

// Anything beyond these characters makes an origin a regular expression, which is anchored at both ends.
const isPlain = (origin: string): boolean => /^[A-Za-z0-9.:/-]+$/.test(origin);

const matchesOrigin = (pattern: string, origin: string): boolean =>
  isPlain(pattern) ? pattern === origin : new RegExp(`^(?:${pattern})$`).test(origin);
