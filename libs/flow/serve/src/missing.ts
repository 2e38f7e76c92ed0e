import { CallerError } from '@outrider/platform/errors';

/** The value, or 404 where the tenant has no such thing. */
export const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new CallerError(`there is no such ${what}`, 'not-found', 404);
  return value;
};
