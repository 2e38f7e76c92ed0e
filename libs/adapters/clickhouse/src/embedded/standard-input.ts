import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/**
 * The embedded engine takes what waits on standard input for rows of whatever it is inserting, as clickhouse-local does. So it gets an
 * empty one: the lowest free descriptor is the next one opened. Whoever wants standard input reads it to its end before.
 */
export const emptyStandardInput = (): void => {
  if (isatty(0)) return;
  closeSync(0);
  openSync(devNull, 'r');
};
