import { CallerError, TransientError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';

export interface RunningProcess {
  readonly log: Logger;
  stop(): Promise<void>;
}

/** Longest orderly stop; after it the process ends anyway, as it would by `kill -9`, which loses nothing. */
const STOP_WITHIN_MS = 25_000;

/**
 * Runs a process until SIGTERM or SIGINT. A configuration that cannot work ends it with 2 and a message that says what to do, a start that
 * failed with 1. A second signal ends it at once. An error that nobody caught is a bug: it is logged and the process ends with 1.
 */
export const runProcess = async (start: () => Promise<RunningProcess>, say: (text: string) => void): Promise<void> => {
  let running: RunningProcess | undefined;
  let signals = 0;
  const end = async (code: number): Promise<void> => {
    const hard = setTimeout(() => process.exit(code === 0 ? 1 : code), STOP_WITHIN_MS);
    await running?.stop();
    clearTimeout(hard);
    process.exit(code);
  };
  const onSignal = (): void => {
    if (++signals > 1 || !running) process.exit(130);
    void end(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const onBug = (error: unknown): void => {
    if (running) running.log.fatal({ err: error }, 'unexpected error');
    else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    void end(1);
  };
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  try {
    running = await start();
  } catch (error) {
    const settings = error instanceof CallerError || (error instanceof Error && error.cause instanceof CallerError);
    const known = settings || error instanceof TransientError;
    say(error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error));
    process.exit(settings ? 2 : 1);
  }
};
