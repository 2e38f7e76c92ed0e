import { readFileSync } from 'node:fs';
import { CallerError } from '@outrider/platform/errors';

/** The text of the PEM file that `setting` names. */
export const pemFile = (setting: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CallerError(
      `${setting} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'invalid-configuration',
    );
  }
};
