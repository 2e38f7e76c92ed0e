import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PermanentError } from '@outrider/platform/errors';
import { LINES_A_TURN, MAX_LINE_CHARS, MAX_LIST_BYTES } from './bounds.ts';

const unpack = promisify(gunzip);

/** Text of a list, unpacked when it is gzip. PermanentError `too-large` or `bad-gzip`. */
export const textOfBytes = async (bytes: Buffer): Promise<string> => {
  if (bytes.length > MAX_LIST_BYTES) throw new PermanentError('the file is too large', 'too-large');
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return (await unpack(bytes, { maxOutputLength: MAX_LIST_BYTES })).toString('utf8');
  } catch (error) {
    throw new PermanentError('the file is no gzip, or too large once unpacked', 'bad-gzip', { cause: error });
  }
};

/** Calls `each` with every line, trimmed, and lets others run in between; a line that is too long comes as undefined. False ends it. */
export const eachLine = async (text: string, each: (line: string | undefined) => boolean | void): Promise<void> => {
  let from = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let count = 1; from < text.length; count++) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    if (each(to - from > MAX_LINE_CHARS ? undefined : text.slice(from, to).trim()) === false) return;
    from = to + 1;
    if (count % LINES_A_TURN === 0) await nextTurn();
  }
};

/** Fields of one line of CSV, with or without quotes; quoted line ends are not understood. Comma, semicolon or tab, as the line has it. */
export const csvFields = (line: string): string[] => {
  const separator = separatorOf(line);
  if (!line.includes('"')) return line.split(separator).map((field) => field.trim());
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      let field = '';
      let from = at + 1;
      for (;;) {
        const quote = line.indexOf('"', from);
        if (quote < 0) {
          fields.push(field + line.slice(from));
          return fields;
        }
        field += line.slice(from, quote);
        from = quote + 1;
        if (line[from] !== '"') break;
        field += '"';
        from++;
      }
      fields.push(field.trim());
      const next = line.indexOf(separator, from);
      if (next < 0) return fields;
      at = next + 1;
    } else {
      const next = line.indexOf(separator, at);
      fields.push(line.slice(at, next < 0 ? line.length : next).trim());
      if (next < 0) return fields;
      at = next + 1;
    }
  }
  return fields;
};

const separatorOf = (line: string): string => (line.includes(',') ? ',' : line.includes('\t') ? '\t' : ';');
