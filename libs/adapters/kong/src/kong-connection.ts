import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { PermanentError, TransientError } from '@outrider/platform/errors';

export interface KongConnectionOptions {
  /** Base URL of the Admin API; a path in it is kept. */
  readonly url: string;
  /** Sent as Kong-Admin-Token. */
  readonly token?: string | undefined;
  /** Kong Enterprise: becomes the first segment of each path. */
  readonly workspace?: string | undefined;
  /** ms until the connection stands. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /** ms for the whole exchange. Default 10,000. */
  readonly totalTimeoutMs?: number;
  /** Of one answer. Default 32 MiB: a page of 1,000 plugins with long address lists fits. */
  readonly maxResponseBytes?: number;
  /** Connections kept open to one Admin API. Default 8. */
  readonly maxSockets?: number;
}

export type Method = 'GET' | 'PUT' | 'PATCH' | 'DELETE';

export interface KongAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when there was no body or it was something else (nginx answers some errors in HTML). */
  readonly body: unknown;
  readonly date: string | undefined;
}

/** One Admin API over kept-alive connections. Knows HTTP, not what the answers mean. The token is in no message and no log. */
export class KongConnection {
  readonly #base: URL;
  readonly #agent: HttpAgent;
  readonly #options: Required<Omit<KongConnectionOptions, 'url' | 'token' | 'workspace'>>;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: KongConnectionOptions) {
    const { url, token, workspace, ...limits } = options;
    this.#base = new URL(
      `${url.replace(/\/+$/, '')}${workspace === undefined ? '' : `/${encodeURIComponent(workspace)}`}`,
    );
    this.#options = {
      connectTimeoutMs: 2_000,
      totalTimeoutMs: 10_000,
      maxResponseBytes: 32 * 1024 ** 2,
      maxSockets: 8,
      ...limits,
    };
    const agent = { keepAlive: true, maxSockets: this.#options.maxSockets, keepAliveMsecs: 10_000 };
    this.#agent = this.#base.protocol === 'https:' ? new HttpsAgent(agent) : new HttpAgent(agent);
    this.#headers = {
      accept: 'application/json',
      'user-agent': 'Outrider',
      ...(token ? { 'kong-admin-token': token } : {}),
    };
  }

  /** `path` begins with a slash and is encoded. Any answer resolves; no answer is a TransientError. */
  async send(method: Method, path: string, body?: unknown): Promise<KongAnswer> {
    try {
      return await this.#exchange(method, path, body);
    } catch (error) {
      // Reading twice is harmless: one more try covers a kept connection that Kong closed at that moment.
      const again = method === 'GET' && error instanceof TransientError && error.code === 'connection';
      if (!again) throw error;
      return this.#exchange(method, path, body);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(method: Method, path: string, body: unknown): Promise<KongAnswer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const request = (this.#base.protocol === 'https:' ? httpsRequest : httpRequest)({
        protocol: this.#base.protocol,
        hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
        port: this.#base.port,
        path: `${this.#base.pathname.replace(/\/$/, '')}${path}`,
        method,
        agent: this.#agent,
        headers: {
          ...this.#headers,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      });
      let connect: NodeJS.Timeout | undefined;
      const settle = (outcome: () => void): void => {
        clearTimeout(connect);
        clearTimeout(total);
        outcome();
      };
      const fail = (error: Error): void =>
        settle(() => {
          reject(error instanceof TransientError || error instanceof PermanentError ? error : broken(error));
          request.destroy();
        });
      const total = setTimeout(
        () =>
          fail(
            new TransientError(`Kong's Admin API did not answer within ${this.#options.totalTimeoutMs} ms`, 'timeout'),
          ),
        this.#options.totalTimeoutMs,
      );
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        const late = new TransientError(
          `no connection to Kong's Admin API within ${this.#options.connectTimeoutMs} ms`,
          'connect-timeout',
        );
        connect = setTimeout(() => fail(late), this.#options.connectTimeoutMs);
        socket.once(this.#base.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connect));
      });
      request.on('error', fail);
      request.on('response', (response) => {
        readAnswer(response, this.#options.maxResponseBytes).then((answer) => settle(() => resolve(answer)), fail);
      });
      request.end(text);
    });
  }
}

const broken = (cause: Error): TransientError => {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'broken';
  return new TransientError(`Kong's Admin API cannot be reached (${code})`, 'connection', { cause });
};

const readAnswer = async (response: IncomingMessage, maxBytes: number): Promise<KongAnswer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new PermanentError(`an answer of Kong's Admin API is larger than ${maxBytes} bytes`, 'answer-too-large');
    chunks.push(chunk);
  }
  const status = response.statusCode ?? 0;
  return { status, body: parsed(Buffer.concat(chunks).toString('utf8')), date: response.headers.date };
};

const parsed = (text: string): unknown => {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
};
