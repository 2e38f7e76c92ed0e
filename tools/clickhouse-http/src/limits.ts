/** Bounds of the server; a test may set smaller ones. */
export interface Limits {
  /** Statements that run at once. */
  readonly running: number;
  /** Statements that wait for their turn; beyond it they are refused as too many. */
  readonly waiting: number;
  /** One request's body, as sent and unpacked; bytes. */
  readonly bodyBytes: number;
  /** All bodies that are held at once; bytes. */
  readonly heldBytes: number;
  readonly connections: number;
  /** Named sessions alive at once. */
  readonly sessions: number;
  /** How long a request may take to arrive; ms. */
  readonly requestMs: number;
  /** How long an idle connection is kept; ms. */
  readonly keepAliveMs: number;
  /** How long running statements may take to end when the server stops; ms. */
  readonly stopMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  running: 16,
  waiting: 256,
  bodyBytes: 256 * 1024 * 1024,
  heldBytes: 1024 * 1024 * 1024,
  connections: 512,
  sessions: 64,
  requestMs: 300_000,
  keepAliveMs: 30_000,
  stopMs: 10_000,
};
