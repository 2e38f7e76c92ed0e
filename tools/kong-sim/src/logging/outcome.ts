export interface Latencies {
  readonly request: number;
  readonly kong: number;
  readonly proxy: number;
  readonly receive: number;
}

/** How a request ended. */
export interface Outcome {
  readonly status: number;
  /** Who produced the answer; the gateway's own 502 and 504 count as its own. */
  readonly source: 'kong' | 'upstream';
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** One code per try; empty when nothing was proxied, "-" for a try that was not finished. */
  readonly upstreamStatus: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly latencies: Latencies;
}

/** Whole milliseconds; a request that was not proxied has -1 for the upstream's share. */
export const latenciesOf = (totalMs: number, proxyMs?: number, receiveMs = 0): Latencies => {
  const [request, receive] = [Math.round(totalMs), Math.round(receiveMs)];
  if (proxyMs === undefined) return { request, kong: request, proxy: -1, receive: 0 };
  const proxy = Math.round(proxyMs);
  return { request, kong: Math.max(0, request - proxy - receive), proxy, receive };
};
