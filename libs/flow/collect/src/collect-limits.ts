/** Every bound of collect, with its unit. Options may change any of them. */
export interface CollectLimits {
  /** One entry; bytes. Kong's own entries stay below 100 KiB. */
  readonly entryBytes: number;
  /** Unfinished entries of all connections together; bytes. */
  readonly partialBytes: number;
  /** Open TCP and TLS connections together. */
  readonly connections: number;
  /** A connection without a byte for so long is closed; ms. Far above Kong's keepalive: closing too early costs an entry. */
  readonly idleMs: number;
  /** A connection that sent so many unreadable lines in a row is no logger: it is closed. */
  readonly garbageLines: number;
  readonly tlsHandshakeMs: number;
  /** On stop, how long to go on reading what senders had sent already; ms. */
  readonly drainMs: number;
  readonly batchEvents: number;
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly durableLingerMs: number;
  /** Unpublished bytes above which inputs pause, and below which they go on. */
  readonly highBytes: number;
  readonly lowBytes: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** On stop, how long to wait for the bus; ms. */
  readonly stopMs: number;
  readonly deadLettersPerSecond: number;
  readonly deadLetterBurst: number;
  readonly deadLettersWaiting: number;
  /** Of one HTTP request as sent, and after inflating; bytes. */
  readonly bodyBytes: number;
  readonly inflatedBytes: number;
  /** Entries of one HTTP request; Kong's queue holds 10 000. */
  readonly requestEntries: number;
  /** Requests of one gateway at the same time; more get 429. */
  readonly requestsPerGateway: number;
  readonly httpConnections: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** How often Kong is asked for its credential names; ms. */
  readonly refreshNamesMs: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;

export const DEFAULT_LIMITS: CollectLimits = {
  entryBytes: MIB,
  partialBytes: 128 * MIB,
  connections: 10_000,
  idleMs: 600_000,
  garbageLines: 10_000,
  tlsHandshakeMs: 10_000,
  drainMs: 2_000,
  batchEvents: 2_000,
  batchBytes: 512 * KIB,
  lingerMs: 200,
  durableLingerMs: 25,
  highBytes: 64 * MIB,
  lowBytes: 32 * MIB,
  retryBaseMs: 50,
  retryMaxMs: 5_000,
  stopMs: 10_000,
  deadLettersPerSecond: 100,
  deadLetterBurst: 1_000,
  deadLettersWaiting: 2_000,
  bodyBytes: 8 * MIB,
  inflatedBytes: 64 * MIB,
  requestEntries: 100_000,
  requestsPerGateway: 32,
  httpConnections: 1_024,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  refreshNamesMs: 60_000,
};
