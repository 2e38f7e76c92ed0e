import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@outrider/platform/logger';

/** Nest's own messages in our log: its start-up chatter at debug, the rest at its level. */
export class NestLogger implements LoggerService {
  constructor(private readonly log_: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.log_.debug({ nest: rest }, String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.log_.debug({ nest: rest }, String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.log_.trace({ nest: rest }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.log_.warn({ nest: rest }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.log_.error({ nest: rest }, message instanceof Error ? message.message : String(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.log_.fatal({ nest: rest }, String(message));
  }
}
