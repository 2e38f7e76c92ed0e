import type { Route } from './world/world.ts';

/** Someone's software at an address: what of a request does not change from call to call. */
export interface Client {
  readonly address: string;
  /** As Kong logs them; user-agent among them where there is one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly version: string; readonly cipher: string } | undefined;
}

export interface Consumer {
  readonly id: string;
  readonly username: string;
  readonly customId: string | undefined;
  readonly tags: readonly string[];
  readonly credential: string;
  readonly key: string;
  /** Bearer tokens are logged as REDACTED: nothing of them is to be seen. */
  readonly scheme: 'key' | 'bearer';
}

/** One request as the generators think of it; entry.ts writes it as Kong would log it. */
export interface Call {
  /** ms since epoch. */
  readonly at: number;
  readonly client: Client;
  /** Accepted by Kong on a route with authentication. */
  readonly consumer?: Consumer | undefined;
  /** A key that was presented and not accepted. */
  readonly badKey?: string;
  readonly method: string;
  readonly path: string;
  /** As sent, percent-encoded, without the `?`. */
  readonly query?: string;
  /** undefined: no route matched. */
  readonly route: Route | undefined;
  readonly status: number;
  /** Kong answered by itself. */
  readonly byKong?: boolean;
  readonly requestBytes?: number;
  readonly bytes: number;
  readonly latencyMs: number;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly rate?: { readonly limit: number; readonly remaining: number; readonly reset: number };
  /** Retries it fires when the upstream is out: 0 for people and jobs that give up. */
  readonly patience?: number;
  /** How far the clock of the node that wrote the line is wrong; ms. */
  readonly skewMs?: number;
}
