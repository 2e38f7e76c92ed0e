import { ConflictError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { KongAnswer } from './kong-connection.ts';
import { ErrorReply } from './kong-replies.ts';

/** Codes of Kong's error bodies that mean "somebody else was first". */
const TAKEN = new Set([3, 5]);
const OPERATION_UNSUPPORTED = 12;
const FOREIGN_KEY = 4;
const MAX_MESSAGE_CHARS = 500;

/** The error that an answer stands for; by status and code, never by the text, which is only shown. */
export const errorOf = (answer: KongAnswer, what: string): Error => {
  const { status } = answer;
  const reply = ErrorReply.safeParse(answer.body);
  const code = reply.success ? reply.data.code : undefined;
  const message = `${what}: Kong answered ${status}${said(reply.success ? reply.data.message : undefined)}`;
  if (status === 409 || (status === 400 && code !== undefined && TAKEN.has(code))) return new ConflictError(message);
  if (status === 429 || status === 408 || status >= 500) return new TransientError(message, `http-${status}`);
  if (status === 401) return new PermanentError(`${message}; check KONG_ADMIN_TOKEN`, 'unauthenticated');
  if (status === 403) return new PermanentError(`${message}; the token may not do this`, 'forbidden');
  if (status === 405 && code === OPERATION_UNSUPPORTED)
    return new PermanentError(`${message}; this Kong takes no changes through its Admin API`, 'read-only');
  if (code === FOREIGN_KEY) return new PermanentError(message, 'no-such-parent');
  if (status === 404) return new PermanentError(message, 'not-found');
  return new PermanentError(message, code === undefined ? `http-${status}` : `kong-${code}`);
};

const said = (message: string | undefined): string => {
  if (message === undefined) return '';
  const line = message.replace(/\s+/g, ' ').trim();
  return `: ${line.length > MAX_MESSAGE_CHARS ? `${line.slice(0, MAX_MESSAGE_CHARS)}…` : line}`;
};
