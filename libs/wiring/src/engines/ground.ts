import type { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { Tracer } from '@outrider/platform/telemetry/tracer';
import type { StartUp } from './start-up.ts';

/** What every engine of a process shares. */
export interface Ground {
  readonly dataDir: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly tracer: Tracer;
  readonly startUp: StartUp;
}
