import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BYTES = 64_000;

/** The last lines of a file that may be long; empty when it cannot be read. */
export const logTail = (file: string, lines = 25): string => {
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, BYTES));
      readSync(handle, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
};
