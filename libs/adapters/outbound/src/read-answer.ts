import type { IncomingMessage } from 'node:http';
import { PermanentError, TransientError } from '@outrider/platform/errors';

const EXCERPT_BYTES = 1024;

/** At most `limit` bytes are read; the excerpt is the first 1 KiB as text. An answer that breaks off is still an answer: the status counts. */
export const readExcerpt = (response: IncomingMessage, limit: number): Promise<string> =>
  new Promise((resolve) => {
    const kept: Buffer[] = [];
    let bytes = 0;
    const done = (): void => resolve(excerptOf(Buffer.concat(kept)));
    response.on('data', (chunk: Buffer) => {
      if (bytes < EXCERPT_BYTES) kept.push(chunk.subarray(0, EXCERPT_BYTES - bytes));
      bytes += chunk.length;
      if (bytes >= limit) done();
    });
    response.once('end', done);
    response.once('error', done);
    response.once('aborted', done);
  });

/** The whole body. PermanentError `too-large` beyond `limit` bytes, TransientError `bad-answer` when it breaks off. */
export const readWhole = (response: IncomingMessage, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const kept: Buffer[] = [];
    let bytes = 0;
    const broken = (): void => reject(new TransientError('the answer broke off', 'bad-answer'));
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) reject(new PermanentError(`the answer has more than ${limit} bytes`, 'too-large'));
      else kept.push(chunk);
    });
    response.once('end', () => (response.complete ? resolve(Buffer.concat(kept)) : broken()));
    response.once('error', broken);
    response.once('aborted', broken);
  });

/** Control characters of an answer have no place in a delivery log; line ends and tabs do. */
const excerptOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/(?![\n\t])\p{Cc}/gu, ' ');
