/** The engines that can be started here, in the order they are started. */
export const SERVICE_NAMES = ['kafka', 'redis', 'postgres', 'clickhouse-http'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** One running engine. It ends with the process that started it, whichever way that ends. */
export interface Service {
  readonly name: ServiceName;
  /** What goes into BUS_URL, REDIS_URL, DATABASE_URL or CLICKHOUSE_URL; the same after a restart. Holds the password. */
  readonly url: string;
  readonly port: number;
  /** The settings that make Outrider use it: the url under its name and, with TLS or SASL, what belongs to them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the engine that runs now; undefined while it is down. */
  readonly pid: number | undefined;
  readonly dir: string;
  readonly logFile: string;
  /** Asks it to end, kills it when it has not within its bound, and removes the folder if it was a temporary one. */
  stop(): Promise<void>;
  /** Without asking: SIGKILL unless told otherwise. The data stays for `restart`. */
  kill(signal?: NodeJS.Signals): void;
  /** It keeps its connections and answers nothing (SIGSTOP) until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it if it runs, and starts it on the same port and data. Resolves once it answers. */
  restart(): Promise<void>;
}

export interface ServiceOptions {
  /** Where data and log are kept, and stay after `stop`; without it a temporary folder that `stop` removes. */
  readonly dir?: string;
  /** On 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** What is being done (downloads, starts), a line at a time; never a password. */
  readonly log?: (line: string) => void;
}
