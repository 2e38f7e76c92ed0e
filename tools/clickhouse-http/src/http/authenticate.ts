import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** By header, basic authentication or the address, as a server takes them. Throws 194 without and 516 with wrong credentials. */
export const authenticate = (request: IncomingMessage, url: URLSearchParams, wanted: Credentials): void => {
  const given = givenCredentials(request, url);
  const matches = same(given?.user ?? 'default', wanted.user) && same(given?.password ?? '', wanted.password);
  if (matches) return;
  if (given === undefined)
    throw new ClickHouseException(194, 'REQUIRED_PASSWORD', 'Password required for user default.');
  throw new ClickHouseException(
    516,
    'AUTHENTICATION_FAILED',
    `${printable(given.user)}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
};

const givenCredentials = (request: IncomingMessage, url: URLSearchParams): Credentials | undefined => {
  const user = request.headers['x-clickhouse-user'];
  const key = request.headers['x-clickhouse-key'];
  if (typeof user === 'string' || typeof key === 'string')
    return { user: utf8(user ?? 'default'), password: utf8(key ?? '') };
  const [, basic] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  if (url.has('user') || url.has('password'))
    return { user: url.get('user') ?? 'default', password: url.get('password') ?? '' };
  return undefined;
};

/** Node reads a header's bytes as Latin-1. */
const utf8 = (header: string | string[]): string => Buffer.from(String(header), 'latin1').toString('utf8');

/** Takes the same time whatever differs, lengths too. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const printable = (user: string): string => user.replace(/[^\x20-\x7e]/g, '?').slice(0, 64);
