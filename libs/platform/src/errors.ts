/** The caller is at fault (4xx): the message may be shown. `code` is a fixed slug, `status` the HTTP status it maps to. */
export class CallerError extends Error {
  override readonly name: string = 'CallerError';
  constructor(
    message: string,
    readonly code: string = 'invalid-request',
    readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 = 400,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Worth trying again: something is away or busy. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
  constructor(
    message: string,
    readonly code: string = 'unavailable',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * It asked for more than one question may cost (time, memory, rows). Other work may be the cause, so it may be tried again; but who asks the
 * same for ever will mostly be refused for ever: ask for less. The message says so and may be shown.
 */
export class LimitError extends TransientError {
  override readonly name: string = 'LimitError';
  constructor(message: string, code = 'too-much', options?: ErrorOptions) {
    super(message, code, options);
  }
}

/** Never worth trying again as it is. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
  constructor(
    message: string,
    readonly code: string = 'refused',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Somebody else was first: a taken scope in Kong, a stale revision, an open alert that exists. Read again and decide. */
export class ConflictError extends PermanentError {
  override readonly name: string = 'ConflictError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'conflict', options);
  }
}
