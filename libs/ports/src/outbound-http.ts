export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
}

export interface OutboundResponse {
  readonly status: number;
  /** First 1 KiB, for the delivery log. */
  readonly excerpt: string;
  /** The Retry-After header as a wait in ms (seconds or a date), when one came. */
  readonly retryAfterMs?: number;
}

/**
 * HTTP to addresses that users typed in. Guarantees: no redirect is followed; the address that was checked is the one connected to;
 * loopback, private, link-local and metadata addresses are refused (PermanentError, code `private-address`) unless allowed;
 * connect, total time and response size are bounded. Network failures are TransientError.
 */
export abstract class OutboundHttp {
  abstract post(request: OutboundRequest): Promise<OutboundResponse>;
}
