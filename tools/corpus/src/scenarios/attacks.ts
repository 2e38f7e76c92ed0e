import type { Call, Caller } from './call.ts';
import { everyday } from './habits.ts';
import type { Random } from '../random.ts';

/** A consumer's key in a loop: `perSecond` calls for `seconds`. */
export const spike = (
  random: Random,
  caller: Caller,
  address: string,
  from: number,
  perSecond: number,
  seconds: number,
): Call[] => {
  const calls: Call[] = [];
  for (let at = from; at < from + seconds * 1000; at += random.wait(perSecond) * 1000)
    calls.push({ ...everyday(random, caller, address, at, ['orders']), path: '/api/orders/1', status: 200 });
  return calls;
};

/** Keys tried at the gateway: each another one, all refused. */
export const keyGuessing = (
  random: Random,
  address: string,
  from: number,
  tries: number,
  perSecond: number,
): Call[] => {
  const caller: Caller = { userAgent: 'python-requests/2.31.0' };
  return inTurn(random, { from, calls: tries, perSecond }, (at) => ({
    at,
    caller,
    address,
    method: 'GET',
    path: '/api/orders',
    status: 401,
    byKong: true,
    route: 'api',
    bytes: 280,
    latencyMs: 1,
    badKey: random.hex(32),
  }));
};

/** Passwords tried at the upstream's login. */
export const loginGuessing = (
  random: Random,
  address: string,
  from: number,
  tries: number,
  perSecond: number,
): Call[] => {
  const caller: Caller = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' };
  return inTurn(random, { from, calls: tries, perSecond }, (at) => ({
    at,
    caller,
    address,
    method: 'POST',
    path: '/login',
    status: 401,
    route: 'login',
    bytes: 310,
    latencyMs: random.around(80, 0.3),
  }));
};

const WORDS = [
  'admin',
  'backup',
  '.git/config',
  '.env',
  'wp-login.php',
  'phpmyadmin',
  'actuator/env',
  'server-status',
  'config',
  'old',
  'test',
  'swagger.json',
  'v1',
  'v2',
  'internal',
  'console',
  'debug',
  'graphql',
  'api-docs',
  'dump.sql',
];

/** A scanner walking a word list; nothing matches a route. */
export const pathScan = (random: Random, address: string, from: number, paths: number, perSecond: number): Call[] => {
  const caller: Caller = { userAgent: 'Mozilla/5.00 (Nikto/2.5.0) (Evasions:None)' };
  return inTurn(random, { from, calls: paths, perSecond }, (at, i) => ({
    at,
    caller,
    address,
    method: 'GET',
    path: `/${random.pick(WORDS)}${i < WORDS.length ? '' : `/${random.hex(5)}`}-${i}`,
    status: 404,
    byKong: true,
    route: undefined,
    bytes: 210,
    latencyMs: 0,
  }));
};

/** Calls one after the other, at random intervals. */
const inTurn = (
  random: Random,
  { from, calls, perSecond }: { readonly from: number; readonly calls: number; readonly perSecond: number },
  callAt: (at: number, i: number) => Call,
): Call[] => {
  let at = from;
  return Array.from({ length: calls }, (_, i) => {
    const call = callAt(at, i);
    at += random.wait(perSecond) * 1000;
    return call;
  });
};
