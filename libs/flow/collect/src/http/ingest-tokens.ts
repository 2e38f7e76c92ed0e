import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayContext } from '../entry/gateway-context.ts';

const MAX_TOKEN = 1_024;

/** Which gateway a token stands for. Compares digests with every known token, always all of them, in constant time. */
export class IngestTokens {
  readonly #known: { readonly digest: Buffer; readonly from: GatewayContext }[] = [];

  add(token: string, from: GatewayContext): void {
    this.#known.push({ digest: digestOf(token), from });
  }

  /** `Authorization: Bearer`, `Authorization: Basic` (password; http-log's `user:pass@` endpoints) or `apikey`. */
  gatewayOf(headers: IncomingHttpHeaders): GatewayContext | undefined {
    const token = presentedToken(headers);
    if (token === '') return undefined;
    const digest = digestOf(token);
    let found: GatewayContext | undefined;
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.from;
    return found;
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const presentedToken = (headers: IncomingHttpHeaders): string => {
  const apikey = headers['apikey'];
  const authorization = headers.authorization ?? '';
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, Math.max(0, space)).toLowerCase();
  const rest = authorization.slice(space + 1).trim();
  const token =
    scheme === 'bearer' ? rest : scheme === 'basic' ? passwordOf(rest) : typeof apikey === 'string' ? apikey : '';
  return token.length > MAX_TOKEN ? '' : token;
};

const passwordOf = (base64: string): string => {
  const text = Buffer.from(base64.slice(0, 2 * MAX_TOKEN), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? '' : text.slice(colon + 1);
};
