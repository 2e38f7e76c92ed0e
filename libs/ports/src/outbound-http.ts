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

export interface OutboundDownload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
  /** A longer answer is PermanentError `too-large`. */
  readonly maxBytes: number;
}

export interface DownloadedBody {
  readonly status: number;
  /** Empty unless the status is 200. */
  readonly body: Buffer;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** A GET under the same guarantees as `OutboundHttp`; the body is whole, or it is an error (TransientError `bad-answer` when it breaks off). */
export abstract class OutboundDownloads {
  abstract download(request: OutboundDownload): Promise<DownloadedBody>;
}
