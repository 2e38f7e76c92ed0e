import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Metrics } from '@outrider/platform/metrics';
import { OutboundHttp, type OutboundRequest, type OutboundResponse } from '@outrider/ports/outbound-http';
import { isPublicAddress } from './private-addresses.ts';

const KIB = 1024;
const MAX_URL_CHARS = 2_048;
/** Set by us alone: they decide what is sent and to whom. */
const RESERVED_HEADERS = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
]);

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface OutboundSettings {
  /** Default 5 s; the name's resolution included. */
  readonly connectTimeoutMs?: number;
  /** Upper bound of a request's own `timeoutMs`. Default 30 s. */
  readonly maxTimeoutMs?: number;
  /** Default 1 MiB. */
  readonly maxRequestBytes?: number;
  /** Read of an answer, then the connection is cut. Default 64 KiB. */
  readonly maxResponseBytes?: number;
  /** Requests under way at a time; more are TransientError `busy`. Default 64. */
  readonly maxConcurrent?: number;
  /** All addresses of a name; default: the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>;
}

const EXCERPT_BYTES = KIB;

/** Node's own client: no redirects, no shared connections, no proxy from the environment. */
export class HttpOutbound extends OutboundHttp {
  readonly #settings: Required<OutboundSettings>;
  readonly #count: ReturnType<Metrics['counter']>;
  #running = 0;

  constructor(metrics: Metrics, settings: OutboundSettings = {}) {
    super();
    this.#settings = {
      connectTimeoutMs: 5_000,
      maxTimeoutMs: 30_000,
      maxRequestBytes: KIB * KIB,
      maxResponseBytes: 64 * KIB,
      maxConcurrent: 64,
      resolve: (hostname) => systemLookup(hostname, { all: true, verbatim: true }),
      ...settings,
    };
    this.#count = metrics.counter('outrider_outbound_requests_total', 'Requests to addresses that users chose', [
      'outcome',
    ]);
  }

  async post(request: OutboundRequest): Promise<OutboundResponse> {
    try {
      if (this.#running >= this.#settings.maxConcurrent)
        throw new TransientError('too many requests under way', 'busy');
      const url = checkedUrl(request, this.#settings.maxRequestBytes);
      this.#running += 1;
      try {
        const response = await this.#send(url, request);
        this.#count({ outcome: 'answered' });
        return response;
      } finally {
        this.#running -= 1;
      }
    } catch (error) {
      this.#count({ outcome: error instanceof PermanentError || error instanceof TransientError ? error.code : 'bug' });
      throw error;
    }
  }

  #send(url: URL, request: OutboundRequest): Promise<OutboundResponse> {
    return new Promise((resolve, reject) => {
      const body = Buffer.from(request.body);
      let client: ClientRequest;
      try {
        client = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
          method: 'POST',
          agent: false,
          // A literal address is not looked up by Node, and was checked before.
          lookup: this.#checkedLookup(request.allowPrivateAddress),
          headers: {
            'user-agent': 'Outrider',
            ...ownHeaders(request.headers),
            'content-length': body.length,
            connection: 'close',
          },
          maxHeaderSize: 16 * KIB,
        });
      } catch (error) {
        return reject(new PermanentError('the URL or a header cannot be sent', 'bad-url', { cause: error }));
      }
      const finish = (outcome: () => void): void => {
        clearTimeout(total);
        clearTimeout(connect);
        client.destroy();
        outcome();
      };
      const fail = (error: unknown): void => finish(() => reject(failure(error)));
      const totalMs = Math.max(1, Math.min(request.timeoutMs, this.#settings.maxTimeoutMs));
      const total = setTimeout(() => fail(new TransientError(`no answer within ${totalMs} ms`, 'timeout')), totalMs);
      const connect = setTimeout(
        () => fail(new TransientError('no connection in time', 'connect-timeout')),
        this.#settings.connectTimeoutMs,
      );
      client.once('socket', (socket) => {
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connect));
      });
      client.on('error', fail);
      client.once('upgrade', () => fail(new TransientError('the server wanted another protocol', 'bad-answer')));
      client.once('response', (response) => {
        readBounded(response, this.#settings.maxResponseBytes).then(
          (text) =>
            finish(() =>
              resolve({
                status: response.statusCode ?? 0,
                excerpt: text,
                ...retryAfter(response.headers['retry-after']),
              }),
            ),
          fail,
        );
      });
      client.end(body);
    });
  }

  /** All addresses of the name are checked, and the one that is connected to is one of them: a second resolution never happens. */
  #checkedLookup(allowPrivate: boolean): LookupFunction {
    return (hostname, options, callback) => {
      const answer = async (): Promise<readonly Address[]> => {
        const addresses = await this.#settings.resolve(hostname);
        if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) throw privateAddress();
        return addresses.filter(({ family }) => !options.family || options.family === family);
      };
      answer().then(
        (addresses) => {
          const first = addresses[0];
          if (!first) return callback(new TransientError('the name has no address', 'dns'), '', 0);
          if (options.all)
            return callback(
              null,
              addresses.map(({ address, family }) => ({ address, family })),
            );
          return callback(null, first.address, first.family);
        },
        (error: unknown) => callback(error instanceof Error ? error : new Error('resolution failed'), '', 0),
      );
    };
  }
}

const checkedUrl = (request: OutboundRequest, maxRequestBytes: number): URL => {
  if (request.url.length > MAX_URL_CHARS || !URL.canParse(request.url))
    throw new PermanentError('not a URL', 'bad-url');
  const url = new URL(request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new PermanentError('only http and https URLs', 'bad-url');
  if (url.username !== '' || url.password !== '') throw new PermanentError('no credentials in URLs', 'bad-url');
  // The URL parser has turned decimal, octal and hexadecimal forms into plain ones by now.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === '') throw new PermanentError('the URL has no host', 'bad-url');
  if (!request.allowPrivateAddress && (isIP(host) ? !isPublicAddress(host) : isLocalName(host))) throw privateAddress();
  if (Buffer.byteLength(request.body) > maxRequestBytes)
    throw new PermanentError('the request is too large', 'too-large');
  return url;
};

/** RFC 6761: these never leave the machine, whatever a resolver says. */
const isLocalName = (host: string): boolean => /(^|\.)localhost$/i.test(host);

const privateAddress = (): PermanentError =>
  new PermanentError('the address is private, local or reserved', 'private-address');

const ownHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !RESERVED_HEADERS.has(name.toLowerCase())));

/** Retry-After as seconds or as a date; anything else is as if it were absent. */
const retryAfter = (value: string | undefined): { retryAfterMs?: number } => {
  if (value === undefined) return {};
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? { retryAfterMs: ms } : {};
};

/** At most `limit` bytes are read; the excerpt is the first 1 KiB as text. An answer that breaks off is still an answer: the status counts. */
const readBounded = (response: IncomingMessage, limit: number): Promise<string> =>
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

/** Control characters of an answer have no place in a delivery log; line ends and tabs do. */
const excerptOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/(?![\n\t])\p{Cc}/gu, ' ');

/** Our own refusals stay what they are; everything that the network or the peer did may pass. */
const failure = (error: unknown): Error => {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'network';
  return new TransientError(`the request failed: ${code}`, NETWORK_CODES[code] ?? 'network', { cause: error });
};

/** System codes → fixed slugs. */
const NETWORK_CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ETIMEDOUT: 'connect-timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  CERT_HAS_EXPIRED: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls',
};
