import type { Alert } from '@outrider/domain/detection/alert';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Evaluator } from './evaluator.ts';

export interface EvaluationSweepParts {
  readonly alerts: AlertStore;
  readonly evaluator: Pick<Evaluator, 'evaluate'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly everyMs: number;
}

const BATCH = 200;

/** Evaluates what no evaluation has covered, every few seconds: a change that was lost on the way costs this time and nothing else. */
export class EvaluationSweep {
  readonly #swept: (labels: { outcome: string }) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(private readonly parts: EvaluationSweepParts) {
    const help = 'Alerts that the sweep evaluated since no change had announced them (or it was not handled yet)';
    this.#swept = parts.metrics.counter('outrider_evaluate_swept_total', help, ['outcome']);
  }

  start(): void {
    this.#stopped = false;
    this.#arm();
  }

  /** Waits for the sweep that runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One pass over everything that waits; one alert that fails does not hold up the others. */
  async sweep(): Promise<void> {
    const failed = new Set<string>();
    for (;;) {
      const waiting = await this.parts.alerts.unevaluated(BATCH);
      const fresh = waiting.filter((alert) => !failed.has(alert.id));
      for (const alert of fresh) {
        if (this.#stopped) return;
        if (!(await this.#evaluate(alert))) failed.add(alert.id);
      }
      if (waiting.length < BATCH || fresh.length === 0) return;
    }
  }

  async #evaluate(alert: Alert): Promise<boolean> {
    try {
      await this.parts.evaluator.evaluate(alert);
      this.#swept({ outcome: 'evaluated' });
      return true;
    } catch (error) {
      this.#swept({ outcome: 'failed' });
      this.parts.log.error({ err: error, alert: alert.id }, 'alert could not be evaluated; it is tried again');
      return false;
    }
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.sweep()
        .catch((error: unknown) => this.parts.log.warn({ err: error }, 'sweep for alerts failed; it is tried again'))
        .finally(() => this.#arm());
    }, this.parts.everyMs);
    this.#timer.unref();
  }
}
