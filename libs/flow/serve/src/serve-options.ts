/** One part of the process or of its surroundings that can say whether it works. */
export interface HealthCheck {
  /** `kind` or `kind:detail`, e.g. `event-store`, `kong:default`; without a token only the kind is shown. */
  readonly name: string;
  /** False: shown, but its failure does not make the process "not ready" (e.g. Kong's Admin API). Default true. */
  readonly required?: boolean;
  /** Bounded by HEALTH_CHECK_TIMEOUT_MS; a rejection counts as not ok. `detail` may hold no secret. */
  check(): Promise<{ readonly ok: boolean; readonly detail?: string | undefined }>;
}

/** What this process itself knows of a source, beside what the event store says; one gateway may have several. */
export interface LocalSource {
  readonly tenant: string;
  readonly gateway: string;
  /** Refused entries by reason. */
  readonly refused: Readonly<Partial<Record<string, number>>>;
  /** When it last sent something, and the newest event time; ms since epoch, 0 = never. */
  readonly lastSeenAt: number;
  readonly lastEventAt: number;
  /** Entries a second, lately. */
  readonly perSecond: number;
}

export interface ServeOptions {
  readonly version: string;
  readonly health: readonly HealthCheck[];
  readonly sources?: () => readonly LocalSource[];
  /** `GET /metrics` without a token. Default false. */
  readonly publicMetrics?: boolean;
}

/** Injection token of ServeOptions. */
export const SERVE_OPTIONS = 'outrider.serve-options';
/** Injection token of the process's pino logger. */
export const LOGGER = 'outrider.logger';

export const HEALTH_CHECK_TIMEOUT_MS = 2_000;
