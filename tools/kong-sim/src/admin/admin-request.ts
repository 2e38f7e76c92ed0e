import type { IncomingMessage } from 'node:http';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { KongError } from '../kong-error.ts';

/** A call as the handlers see it. */
export interface AdminRequest {
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** The body was a form: its values are all strings. */
  readonly fromForm: boolean;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body?: Json;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ParsedBody {
  readonly body: JsonObject;
  readonly fromForm: boolean;
}

const UNSUPPORTED_TYPE = `<html>
<head><title>415 Unsupported Media Type</title></head>
<body>
<center><h1>415 Unsupported Media Type</h1></center>
</body>
</html>
`;

export const unsupportedType: AdminAnswer = { status: 415, html: UNSUPPORTED_TYPE };

/** The body by its content type; nothing when the type is not one that is understood. */
export const parseAdminBody = (contentType: string | undefined, raw: Buffer): ParsedBody | undefined => {
  if (raw.length === 0) return { body: {}, fromForm: false };
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return { body: parseJson(raw), fromForm: false };
  if (type === 'application/x-www-form-urlencoded') return { body: parseForm(raw.toString()), fromForm: true };
  return undefined;
};

const parseJson = (raw: Buffer): JsonObject => {
  try {
    const value: unknown = JSON.parse(raw.toString());
    // Kong reads fields from whatever table it gets; an array simply has none.
    return isObject(value) ? value : {};
  } catch {
    throw new KongError(400, { message: 'Cannot parse JSON body' });
  }
};

/** `config.minute=5`, `tags[]=x`, `tags[1]=x`, `config.headers[x]=1`. */
const parseForm = (text: string): JsonObject => {
  const body: JsonObject = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split('.').flatMap((part) => part.split('[').map((piece) => piece.replace(/\]$/, '')));
    put(body, path, value);
  }
  return body;
};

const put = (into: JsonObject, [key = '', ...rest]: readonly string[], value: string): void => {
  const [next] = rest;
  if (next === undefined) into[key] = value;
  else if (next === '' || /^\d+$/.test(next)) {
    const list = into[key];
    into[key] = [...(Array.isArray(list) ? list : []), value];
  } else {
    const inner = into[key];
    const record: JsonObject = isObject(inner) ? inner : {};
    into[key] = record;
    put(record, rest, value);
  }
};

export const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
