import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import pretty from 'pino-pretty';

export type Logger = PinoLogger;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export interface LoggerOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  /** Human-readable lines instead of JSON; the default of apps is "when standard error is a terminal". */
  readonly pretty: boolean;
  readonly name: string;
}

const REDACTED = [
  'token',
  'secret',
  'password',
  'authorization',
  'apikey',
  '*.token',
  '*.secret',
  '*.password',
  '*.authorization',
  '*.apikey',
];

/** The one logger of a process: JSON lines on standard error (standard output belongs to commands' results). */
export const createLogger = (options: LoggerOptions, destination?: DestinationStream): Logger => {
  const base = { name: options.name, level: options.level, redact: { paths: REDACTED, censor: '[redacted]' } };
  if (destination) return pino(base, destination);
  if (options.pretty)
    return pino(
      base,
      pretty({ destination: 2, sync: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss.l' }),
    );
  return pino(base, pino.destination({ dest: 2, sync: true }));
};
