import { HttpException, NotFoundException } from '@nestjs/common';
import type { Problem } from '@outrider/contracts/http/problem';
import { CallerError, ConflictError, LimitError, PermanentError, TransientError } from '@outrider/platform/errors';
import { TimeoutError } from 'rxjs';
import { HTTP_LIMITS } from './http-limits.ts';

/** Input that does not fit its schema. */
export class InvalidInput extends CallerError {
  constructor(readonly errors: readonly { readonly path: string; readonly message: string }[]) {
    super('the request does not fit the schema', 'invalid-request', 400);
  }
}

/** Too many failed attempts from one address. */
export class TooManyAttempts extends CallerError {
  constructor(readonly retryAfterSeconds: number) {
    super('too many failed attempts from this address', 'too-many-attempts', 429);
  }
}

export interface Answer {
  readonly problem: Omit<Problem, 'requestId'>;
  readonly headers: Readonly<Record<string, string>>;
  /** A bug: to be logged with its stack. */
  readonly unexpected: boolean;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Body too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  422: 'Cannot be done',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
};

/** What the router and the body parser refuse, by status: their own words may repeat input, so they are not passed on. */
const PARSER_PROBLEMS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['bad-request', 'the request could not be read: malformed JSON, URL or headers'],
  404: ['no-such-route', 'there is no such route'],
  413: ['body-too-large', `the body may have at most ${HTTP_LIMITS.bodyBytes} bytes`],
  414: ['uri-too-long', 'a part of the path is too long'],
  415: ['unsupported-media-type', 'send application/json'],
  408: ['request-timeout', 'the request took too long'],
};

const answer = (
  status: number,
  code: string,
  detail: string | undefined,
  more: { errors?: InvalidInput['errors']; headers?: Record<string, string>; unexpected?: boolean } = {},
): Answer => ({
  problem: {
    type: `about:blank#${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    code,
    ...(detail === undefined ? {} : { detail: detail.slice(0, HTTP_LIMITS.messageChars) }),
    ...(more.errors ? { errors: bounded(more.errors) } : {}),
  },
  headers: more.headers ?? {},
  unexpected: more.unexpected ?? false,
});

const bounded = (errors: InvalidInput['errors']) =>
  errors.slice(0, HTTP_LIMITS.listedErrors).map(({ path, message }) => ({
    path: path.slice(0, HTTP_LIMITS.messageChars),
    message: message.slice(0, HTTP_LIMITS.messageChars),
  }));

/** Errors as answers. Only a CallerError's own words are shown; of anything else the caller learns the class alone. */
export const answerTo = (error: unknown, allow: readonly string[] = []): Answer => {
  if (error instanceof TooManyAttempts)
    return answer(429, error.code, error.message, { headers: { 'retry-after': String(error.retryAfterSeconds) } });
  if (error instanceof InvalidInput) return answer(400, error.code, error.message, { errors: error.errors });
  if (error instanceof CallerError)
    return answer(error.status, error.code, error.message, {
      headers: error.status === 401 ? { 'www-authenticate': 'Bearer realm="outrider"' } : {},
    });
  if (error instanceof LimitError)
    return answer(
      422,
      'too-much',
      'this needs more time or memory than one question may take: ask for a shorter range or for less',
    );
  if (error instanceof TransientError || error instanceof TimeoutError)
    return answer(503, 'unavailable', 'something this needs is away or busy; try again', {
      headers: { 'retry-after': '5' },
    });
  if (error instanceof ConflictError)
    return answer(409, 'conflict', 'it was changed by somebody else at the same time; read it again');
  if (error instanceof PermanentError) return answer(422, error.code, 'this was refused for good');
  if (error instanceof NotFoundException && allow.length > 0)
    return answer(405, 'method-not-allowed', 'this route has other methods', { headers: { allow: allow.join(', ') } });
  const status = statusOf(error);
  const known = status === undefined ? undefined : PARSER_PROBLEMS[status];
  if (status !== undefined && known) return answer(status, known[0], known[1]);
  if (status !== undefined && status >= 400 && status < 500) return answer(400, 'bad-request', undefined);
  return answer(500, 'internal', 'an unexpected error; the request id finds it in the log', { unexpected: true });
};

/** The status that Nest's or Fastify's own errors carry. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error === 'object' && error !== null && 'statusCode' in error && 'code' in error)
    return typeof error.code === 'string' && error.code.startsWith('FST_ERR_') && typeof error.statusCode === 'number'
      ? error.statusCode
      : undefined;
  return undefined;
};
