import { createHmac, timingSafeEqual } from 'node:crypto';
import { isObject, numberAt, objectAt, stringAt, stringsAt, type JsonObject } from '../../json.ts';
import { firstHeader, plainAnswer, type Exchange, type GatewayAnswer } from '../exchange.ts';
import { parseQuery } from '../request-uri.ts';
import { authenticate, isSettled, refuseUnlessAnonymous, skipsPreflight } from './identity.ts';
import type { PluginHandler } from './plugin-handler.ts';

const HASHES: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** Tokens signed with a shared secret; asymmetric algorithms are refused as an invalid signature. */
export const jwt: PluginHandler = {
  name: 'jwt',
  priority: 1450,
  access: (exchange, config, world) => {
    if (skipsPreflight(exchange, config) || isSettled(exchange, config)) return undefined;
    const refuse = (body: JsonObject, hasToken = true): GatewayAnswer | undefined => {
      const challenge = { 'www-authenticate': hasToken ? 'Bearer error="invalid_token"' : 'Bearer' };
      return refuseUnlessAnonymous(exchange, config, world, plainAnswer(401, body, challenge));
    };
    const raw = findToken(exchange, config);
    if (raw === undefined) return refuse({ message: 'Unauthorized' }, false);
    const token = decode(raw);
    if (token === undefined) return refuse({ message: 'Bad token; invalid JSON' });
    const claim = stringAt(config, 'key_claim_name') ?? 'iss';
    const issuer = stringAt(token.claims, claim) ?? stringAt(token.header, claim);
    if (issuer === undefined) return refuse({ message: `No mandatory '${claim}' in claims` });
    const credential = world.view.credential('jwt_secrets', 'key', issuer);
    if (credential === undefined) return refuse({ message: `No credentials found for given '${claim}'` });
    if (token.header['alg'] !== credential['algorithm']) return refuse({ message: 'Invalid algorithm' });
    if (!isSigned(token, credential, config)) return refuse({ message: 'Invalid signature' });
    const expired = claimViolation(token.claims, config, world.now() / 1000);
    if (expired !== undefined) return refuse(expired);
    const consumer = world.view.consumer(stringAt(objectAt(credential, 'consumer'), 'id') ?? '');
    if (consumer === undefined) return refuse({ message: `Could not find consumer for '${claim}=${issuer}'` });
    authenticate(exchange, consumer, credential, issuer);
    return undefined;
  },
};

const findToken = (exchange: Exchange, config: JsonObject): string | undefined => {
  const args = parseQuery(exchange.query);
  for (const name of stringsAt(config, 'uri_param_names')) {
    const value = args[name];
    if (typeof value === 'string') return value;
  }
  const cookies = (exchange.headers.get('cookie') ?? []).join('; ').split(/;\s*/);
  for (const name of stringsAt(config, 'cookie_names')) {
    const cookie = cookies.find((pair) => pair.startsWith(`${name}=`));
    if (cookie !== undefined) return cookie.slice(name.length + 1);
  }
  for (const name of stringsAt(config, 'header_names')) {
    const token = /^\s*bearer\s+(\S+)/i.exec(firstHeader(exchange.headers, name) ?? '')?.[1];
    if (token !== undefined) return token;
  }
  return undefined;
};

interface Token {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly signed: string;
  readonly signature: Buffer;
}

const decode = (raw: string): Token | undefined => {
  const [head = '', body = '', signature = '', ...more] = raw.split('.');
  if (more.length > 0) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (!isObject(header) || !isObject(claims)) return undefined;
    return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
  } catch {
    return undefined;
  }
};

const isSigned = (token: Token, credential: JsonObject, config: JsonObject): boolean => {
  const hash = HASHES[String(credential['algorithm'])];
  if (hash === undefined) return false;
  const secret = String(credential['secret']);
  const key = config['secret_is_base64'] === true ? Buffer.from(secret, 'base64') : secret;
  const expected = createHmac(hash, key).update(token.signed).digest();
  return expected.length === token.signature.length && timingSafeEqual(expected, token.signature);
};

const claimViolation = (claims: JsonObject, config: JsonObject, nowSeconds: number): JsonObject | undefined => {
  for (const name of stringsAt(config, 'claims_to_verify')) {
    const value = numberAt(claims, name);
    if (value === undefined) return { [name]: 'must be a number' };
    if (name === 'exp' && value <= nowSeconds) return { exp: 'token expired' };
    if (name === 'nbf' && value > nowSeconds) return { nbf: 'token not valid yet' };
  }
  const longest = numberAt(config, 'maximum_expiration') ?? 0;
  const expires = numberAt(claims, 'exp');
  if (longest > 0 && (expires === undefined || expires - nowSeconds > longest))
    return { exp: 'exceeds maximum allowed expiration' };
  return undefined;
};
