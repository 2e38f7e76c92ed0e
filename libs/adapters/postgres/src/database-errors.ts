import { Prisma } from './generated/client.ts';
import { CallerError, ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';

/** Away, busy, timed out, or a transaction that lost against another. */
const TRANSIENT_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037']);
/** Connection exceptions (08), transaction rollback (40), resources (53), operator intervention and shutdown (57), system errors (58). */
const TRANSIENT_SQLSTATE = /^(?:08|40|53|57|58)|^55P03$/;
const TRANSIENT_SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** How the driver adapter names errors that carry no code (raw queries). */
const TRANSIENT_KIND = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
  'TransactionAlreadyClosed',
]);
const LOST_RACE = new Set(['P2034', '40001', '40P01', 'TransactionWriteConflict']);

/** The one place where the driver's errors become ours. Ours pass through. */
export const translateError = (error: unknown): Error => {
  if (error instanceof CallerError || error instanceof TransientError || error instanceof PermanentError) return error;
  const codes = codesOf(error);
  const options = { cause: error };
  if (codes.some((code) => UNIQUE.has(code))) return new ConflictError('a row of this kind exists already', options);
  if (codes.some(isTransient) || isLostConnection(error))
    return new TransientError(`PostgreSQL is away or busy (${codes[0] ?? 'connection lost'})`, 'postgres', options);
  return new PermanentError(`PostgreSQL refused (${codes.join(', ') || nameOf(error)})`, 'postgres', options);
};

/** Another transaction was first: doing it all again is right. */
export const isLostRace = (error: unknown): boolean => codesOf(error).some((code) => LOST_RACE.has(code));

const UNIQUE = new Set(['P2002', '23505', 'UniqueConstraintViolation']);

const isTransient = (code: string): boolean =>
  TRANSIENT_PRISMA.has(code) ||
  TRANSIENT_SOCKET.has(code) ||
  TRANSIENT_KIND.has(code) ||
  (code.length === 5 && TRANSIENT_SQLSTATE.test(code));

/** The driver says these two without a code. */
const isLostConnection = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientInitializationError ||
  chain(error).some((e) =>
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/.test(e.message),
  );

/** Prisma's code, PostgreSQL's SQLSTATE and the socket's, wherever in the chain of causes they are. */
const codesOf = (error: unknown): string[] =>
  chain(error).flatMap((e) =>
    [
      field(e, 'code'),
      field(e, 'kind'),
      field(e, 'errorCode'),
      field(e, 'originalCode'),
      field(field(e, 'meta'), 'code'),
    ].filter(isText),
  );

const MAX_CAUSES = 6;

const chain = (error: unknown): Error[] => {
  const errors: Error[] = [];
  let next: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof next === 'object' && next !== null; depth++) {
    errors.push(
      next instanceof Error ? next : Object.assign(new Error(String(field(next, 'originalMessage') ?? '')), next),
    );
    next = field(next, 'cause') ?? field(field(next, 'meta'), 'driverAdapterError');
  }
  return errors;
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
