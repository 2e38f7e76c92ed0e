import { setTimeout as sleep } from 'node:timers/promises';
import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** One line per engine and this time, however often it was tried. */
const SAY_EVERY_MS = 10_000;

/** Servers answer these to a wrong user or password: waiting does not help. */
const AUTHENTICATION = new Set(['clickhouse-516', 'clickhouse-192', 'clickhouse-193', 'clickhouse-194']);

/** Names an engine to people: what it is, which setting says where, and its address without user and password. */
export interface EngineName {
  readonly name: string;
  readonly setting: string;
  readonly at: string;
}

/**
 * Waits for engines that are not there yet: neither Compose nor Kubernetes starts things in an order that can be relied on. What will not
 * come by waiting (wrong credentials, an impossible address) fails at once, as CallerError.
 */
export class StartUp {
  readonly #waiting = new Map<string, string>();

  constructor(
    private readonly log: Logger,
    private readonly timeoutMs: number,
  ) {}

  /** What is waited for now, e.g. `PostgreSQL at db:5432`. */
  get waitingFor(): readonly string[] {
    return [...this.#waiting.values()];
  }

  /** `open` cleans up after itself when it fails. */
  async engine<T>(engine: EngineName, open: () => Promise<T>): Promise<T> {
    const { name, at, setting } = engine;
    const began = performance.now();
    let saidAt = Number.NEGATIVE_INFINITY;
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          const opened = await open();
          if (attempt > 0)
            this.log.info({ engine: name, seconds: seconds(performance.now() - began) }, 'engine is there');
          return opened;
        } catch (error) {
          const waited = performance.now() - began;
          if (!isWorthWaiting(error)) throw refused(engine, error);
          if (waited >= this.timeoutMs)
            throw new TransientError(
              `${name} at ${at} (${setting}) did not answer within ${seconds(this.timeoutMs)} s (START_TIMEOUT_SECONDS): ${causeOf(error)}`,
              'engine-away',
              { cause: error },
            );
          this.#waiting.set(name, `${name} at ${at}`);
          if (waited - saidAt >= SAY_EVERY_MS) {
            saidAt = waited;
            this.log.warn(
              { engine: name, at, setting, why: causeOf(error) },
              'waiting for an engine that does not answer',
            );
          }
          await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10)));
        }
      }
    } finally {
      this.#waiting.delete(name);
    }
  }
}

/** `host:port` of an address, without user, password and path. */
export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'its address');

const isWorthWaiting = (error: unknown): boolean =>
  (error instanceof TransientError && !AUTHENTICATION.has(error.code)) ||
  (error instanceof CallerError && error.code === 'bus-unreachable');

const refused = ({ name, setting, at }: EngineName, error: unknown): unknown =>
  error instanceof PermanentError || error instanceof TransientError
    ? new CallerError(`${name} at ${at} (${setting}) refused: ${causeOf(error)}`, 'engine-refused', 400, {
        cause: error,
      })
    : error;

/** The deepest message says most; engines' messages carry no password. */
const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  const inner = error.cause instanceof Error && error.cause.message !== '' ? `: ${firstLine(error.cause)}` : '';
  return `${firstLine(error)}${inner}`;
};

const LONGEST_LINE = 300;
const firstLine = ({ message }: Error): string => (message.split('\n', 1)[0] ?? '').slice(0, LONGEST_LINE);

const seconds = (ms: number): number => Math.round(ms / 1_000);
