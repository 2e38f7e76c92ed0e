import type { Alert } from '@outrider/domain/detection/alert';
import type { Logger } from '@outrider/platform/logger';
import type { Metrics } from '@outrider/platform/metrics';
import { LedLoop } from '@outrider/ports/led-loop';
import type { Leadership } from '@outrider/ports/leadership';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Evaluator } from './evaluator.ts';

export interface EvaluationSweepParts {
  readonly alerts: AlertStore;
  readonly evaluator: Pick<Evaluator, 'evaluate'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly leadership: Leadership;
  readonly everyMs: number;
}

const BATCH = 200;

/** Evaluates what no evaluation has covered, every few seconds: a change that was lost on the way costs this time and nothing else. */
export class EvaluationSweep {
  readonly #swept: (labels: { outcome: string }) => void;
  readonly #loop: LedLoop;

  constructor(private readonly parts: EvaluationSweepParts) {
    const help = 'Alerts that the sweep evaluated since no change had announced them (or it was not handled yet)';
    this.#swept = parts.metrics.counter('outrider_evaluate_swept_total', help, ['outcome']);
    this.#loop = new LedLoop({
      leadership: parts.leadership,
      role: 'evaluation-sweep',
      everyMs: parts.everyMs,
      round: (signal) => this.sweep(signal),
      onError: (error) => parts.log.warn({ err: error }, 'sweep for alerts failed; it is tried again'),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  /** Waits for the sweep that runs. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** One pass over everything that waits; one alert that fails does not hold up the others. */
  async sweep(signal: AbortSignal = NEVER): Promise<void> {
    const failed = new Set<string>();
    for (;;) {
      const waiting = await this.parts.alerts.unevaluated(BATCH);
      const fresh = waiting.filter((alert) => !failed.has(alert.id));
      for (const alert of fresh) {
        if (signal.aborted) return;
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
}

const NEVER = new AbortController().signal;
