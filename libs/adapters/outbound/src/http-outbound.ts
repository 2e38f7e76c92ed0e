import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import type { Metrics } from '@outrider/platform/metrics';
import {
  OutboundHttp,
  type DownloadedBody,
  type OutboundDownload,
  type OutboundDownloads,
  type OutboundRequest,
  type OutboundResponse,
} from '@outrider/ports/outbound-http';
import { readExcerpt, readWhole } from './read-answer.ts';
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
  /** The same of a download. Default 120 s. */
  readonly maxDownloadMs?: number;
  /** Default 1 MiB. */
  readonly maxRequestBytes?: number;
  /** Read of an answer, then the connection is cut. Default 64 KiB. */
  readonly maxResponseBytes?: number;
  /** Requests under way at a time; more are TransientError `busy`. Default 64. */
  readonly maxConcurrent?: number;
  /** All addresses of a name; default: the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly Address[]>;
}

/** Node's own client: no redirects, no shared connections, no proxy from the environment. */
export class HttpOutbound extends OutboundHttp implements OutboundDownloads {
  readonly #settings: Required<OutboundSettings>;
  readonly #count: ReturnType<Metrics['counter']>;
  #running = 0;

  constructor(metrics: Metrics, settings: OutboundSettings = {}) {
    super();
    this.#settings = {
      connectTimeoutMs: 5_000,
      maxTimeoutMs: 30_000,
      maxDownloadMs: 120_000,
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

  post(request: OutboundRequest): Promise<OutboundResponse> {
    return this.#counted(() => {
      const url = checkedUrl(request);
      const body = Buffer.from(request.body);
      if (body.length > this.#settings.maxRequestBytes)
        throw new PermanentError('the request is too large', 'too-large');
      const headers = { ...ownHeaders(request.headers), 'content-length': String(body.length) };
      const totalMs = Math.min(request.timeoutMs, this.#settings.maxTimeoutMs);
      return this.#send(
        { url, method: 'POST', headers, body, allowPrivate: request.allowPrivateAddress, totalMs },
        async (response) => ({
          status: response.statusCode ?? 0,
          excerpt: await readExcerpt(response, this.#settings.maxResponseBytes),
          ...retryAfter(response.headers['retry-after']),
        }),
      );
    });
  }

  download(request: OutboundDownload): Promise<DownloadedBody> {
    return this.#counted(() => {
      const url = checkedUrl(request);
      const headers = { ...ownHeaders(request.headers), 'accept-encoding': 'identity' };
      const totalMs = Math.min(request.timeoutMs, this.#settings.maxDownloadMs);
      return this.#send(
        { url, method: 'GET', headers, body: undefined, allowPrivate: request.allowPrivateAddress, totalMs },
        async (response) => ({
          status: response.statusCode ?? 0,
          body: response.statusCode === 200 ? await readWhole(response, request.maxBytes) : Buffer.alloc(0),
          etag: response.headers.etag,
          lastModified: response.headers['last-modified'],
        }),
      );
    });
  }

  async #counted<T>(act: () => Promise<T>): Promise<T> {
    try {
      if (this.#running >= this.#settings.maxConcurrent)
        throw new TransientError('too many requests under way', 'busy');
      this.#running += 1;
      try {
        const response = await act();
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

  #send<T>(request: Sent, read: (response: IncomingMessage) => Promise<T>): Promise<T> {
    const { url } = request;
    return new Promise((resolve, reject) => {
      let client: ClientRequest;
      try {
        client = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
          method: request.method,
          agent: false,
          // A literal address is not looked up by Node, and was checked before.
          lookup: this.#checkedLookup(request.allowPrivate),
          headers: { 'user-agent': 'Outrider', ...request.headers, connection: 'close' },
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
      const totalMs = Math.max(1, request.totalMs);
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
        read(response).then((answer) => finish(() => resolve(answer)), fail);
      });
      client.end(request.body);
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

interface Sent {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly allowPrivate: boolean;
  readonly totalMs: number;
}

const checkedUrl = (request: Pick<OutboundRequest, 'url' | 'allowPrivateAddress'>): URL => {
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
