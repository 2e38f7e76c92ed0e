import { ClickHouseException } from '../engine/clickhouse-exception.ts';

const MAX_PARTS = 1_000;

/** Fields of a multipart form, as the client sends parameters that are too long for an address. Files are not taken. */
export const formFields = (contentType: string, body: Buffer): Map<string, string> => {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed();
  const fields = new Map<string, string>();
  for (const part of partsOf(body, `--${boundary}`)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0 || fields.size >= MAX_PARTS) throw malformed();
    const head = part.subarray(0, end).toString('utf8');
    const [, name] = /content-disposition:[^\r\n]*;\s*name="([^"]+)"/i.exec(head) ?? [];
    if (name === undefined || /;\s*filename=/i.test(head)) throw malformed();
    fields.set(name, part.subarray(end + 4).toString('utf8'));
  }
  return fields;
};

/** What lies between two delimiters, without the line ends that belong to them. */
const partsOf = (body: Buffer, delimiter: string): Buffer[] => {
  const parts: Buffer[] = [];
  let from = body.indexOf(delimiter);
  if (from !== 0) throw malformed();
  for (;;) {
    const begin = from + delimiter.length;
    if (body.subarray(begin, begin + 2).toString() === '--') return parts;
    from = body.indexOf(`\r\n${delimiter}`, begin);
    if (from < 0) throw malformed();
    parts.push(body.subarray(begin + 2, from));
    from += 2;
  }
};

const malformed = (): ClickHouseException =>
  new ClickHouseException(36, 'BAD_ARGUMENTS', 'The multipart body cannot be read.');
