import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { constants, createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import { exceptionOf, exceptionText, type ClickHouseException } from '../engine/clickhouse-exception.ts';
import type { Answer, Progress } from '../engine/engine.ts';
import { statusOfCode } from './status-of-code.ts';

export interface Told {
  readonly queryId: string;
  readonly version: string;
}

/** Sends the rows as they are made; a failure in the middle is told in the body, as a server does since 25.11. */
export const sendAnswer = async (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  told: Told,
  compressed: boolean,
): Promise<void> => {
  const tag = randomBytes(8).toString('hex');
  const packer = compressed ? packerOf(request) : undefined;
  response.writeHead(200, {
    ...commonHeaders(told),
    'Content-Type': contentType(answer.format),
    'X-ClickHouse-Format': answer.format,
    'X-ClickHouse-Summary': summaryOf(answer.progress),
    'X-ClickHouse-Exception-Tag': tag,
    ...(packer ? { 'Content-Encoding': packer.encoding } : {}),
  });
  const out: Writable = packer?.stream ?? response;
  packer?.stream.pipe(response);
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  try {
    for await (const chunk of answer.body) {
      if (response.destroyed) break;
      if (!out.write(chunk)) await Promise.race([once(out, 'drain'), gone]);
    }
  } catch (error) {
    out.write(lateException(exceptionText(exceptionOf(error), told.version), tag));
  }
  if (response.destroyed) packer?.stream.destroy();
  else out.end();
};

export const sendException = (response: ServerResponse, exception: ClickHouseException, told: Told): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = `${exceptionText(exception, told.version)}\n`;
  response.writeHead(statusOfCode(exception.code), {
    ...commonHeaders(told),
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
    'X-ClickHouse-Exception-Code': exception.code,
    ...(exception.code === 194 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
  });
  response.end(text);
};

export const sendText = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
};

const commonHeaders = (told: Told): Record<string, string> => ({
  'X-ClickHouse-Query-Id': told.queryId,
  'X-ClickHouse-Server-Display-Name': 'clickhouse-http',
  'X-ClickHouse-Timezone': 'UTC',
});

/** The message lies between two marks; its length, with the line end, stands behind it. */
const lateException = (text: string, tag: string): string =>
  `\r\n__exception__\r\n${tag}\r\n${text}\n${Buffer.byteLength(text) + 1} ${tag}\r\n__exception__\r\n`;

const summaryOf = (p: Progress): string =>
  JSON.stringify({
    read_rows: String(p.readRows),
    read_bytes: String(p.readBytes),
    written_rows: String(p.writtenRows),
    written_bytes: String(p.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(p.writtenRows),
    result_bytes: String(p.resultBytes),
    elapsed_ns: String(p.elapsedNs),
  });

const contentType = (format: string): string => {
  if (/^JSON.*EachRow/.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8; header=absent';
  if (format.startsWith('TabSeparated') || format.startsWith('TSV')) return 'text/tab-separated-values; charset=UTF-8';
  return 'text/plain; charset=UTF-8';
};

const GZIP_LEVEL = 3;

const packerOf = (request: IncomingMessage) => {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  if (/\bgzip\b/.test(accepted))
    return { encoding: 'gzip', stream: createGzip({ level: GZIP_LEVEL, flush: constants.Z_SYNC_FLUSH }) };
  if (/\bdeflate\b/.test(accepted)) return { encoding: 'deflate', stream: createDeflate({ level: GZIP_LEVEL }) };
  if (/\bbr\b/.test(accepted))
    return {
      encoding: 'br',
      stream: createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: GZIP_LEVEL } }),
    };
  return undefined;
};
