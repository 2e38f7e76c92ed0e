import { ClickHouseBaselineStore } from '@outrider/clickhouse/clickhouse.baseline-store';
import { ClickHouseEventStore } from '@outrider/clickhouse/clickhouse.event-store';
import { openClickHouse } from '@outrider/clickhouse/open-clickhouse';
import { KEEP_ALL } from '@outrider/clickhouse/retention';
import type { Label } from '@outrider/corpus/corpus';
import { MemoryAlertStore } from '@outrider/detect/alerts/memory-alert-store';
import type { DetectOptions } from '@outrider/detect/detect-options';
import type { Alert } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type * as z from 'zod';
import type { AlertLine } from '../alert-line.ts';
import { match } from '../match.ts';
import { LiveAnalyzer, type Estate } from './live-analyzer.ts';

export interface RestartPlan {
  /** In order of receipt. */
  readonly events: readonly ApiEvent[];
  readonly labels: readonly Label[];
  /** Event time at which one analyzer ends and another one begins; ms. */
  readonly cutAt: number;
  readonly options?: z.input<typeof DetectOptions>;
}

export interface Outcome {
  /** Of the time after the cut. */
  readonly alerts: readonly AlertLine[];
  readonly told: ReadonlySet<string>;
  readonly wrong: readonly AlertLine[];
  /** From the start of the second analyzer until it is ready, and the events that it had observed by then; 0 without one. */
  readonly readyMs: number;
  readonly relearned: number;
  readonly memoryMb: number;
}

/** The estate through the live stage, with or without another process from the cut on. `dir`: for the event store, empty. */
export const liveRun = async (plan: RestartPlan, restart: boolean, dir: string): Promise<Outcome> => {
  const clickhouse = await openClickHouse({ dir });
  let analyzer: LiveAnalyzer | undefined;
  try {
    const events = new ClickHouseEventStore(clickhouse, KEEP_ALL);
    await events.prepareForRun();
    const first = plan.events[0]?.receivedAt ?? 0;
    const alerts = new MemoryAlertStore();
    const estate: Estate = {
      ...{ events, alerts, now: first, offset: 0 },
      baselines: new ClickHouseBaselineStore(clickhouse),
    };
    const cut = plan.events.findIndex(({ receivedAt }) => receivedAt >= plan.cutAt);
    analyzer = new LiveAnalyzer(estate, plan.options);
    await analyzer.start();
    await analyzer.take(plan.events.slice(0, cut));
    const ready = { ms: 0, events: 0 };
    if (restart) {
      await analyzer.stop();
      const began = performance.now();
      analyzer = new LiveAnalyzer(estate, plan.options);
      await analyzer.start();
      ready.ms = performance.now() - began;
      ready.events = analyzer.runtime.engine.counts.observed;
    }
    await analyzer.take(plan.events.slice(cut));
    await analyzer.stop();
    analyzer = undefined;
    return { ...judged(plan, alerts.all()), readyMs: ready.ms, relearned: ready.events, memoryMb: process.memoryUsage().heapUsed / 2 ** 20 }; // prettier-ignore
  } finally {
    await analyzer?.stop();
    await clickhouse.close();
  }
};

const judged = (plan: RestartPlan, all: readonly Alert[]): Pick<Outcome, 'alerts' | 'told' | 'wrong'> => {
  const alerts = all.filter(({ detectedAt, simulated }) => detectedAt >= plan.cutAt && !simulated).map(asLine);
  const matched = match(plan.labels, alerts);
  const told = matched.detections.filter(({ label, alert }) => label.from >= plan.cutAt && alert !== undefined);
  return { alerts, told: new Set(told.map(({ label }) => label.attack)), wrong: matched.wrong };
};

const asLine = ({ type, entity, severity, confidence, detectedAt, firstSeenAt, lastSeenAt, explanation, contributors }: Alert): AlertLine => // prettier-ignore
  ({ type, entity, severity, confidence, detectedAt, firstSeenAt, lastSeenAt, explanation, contributors: [...contributors] }); // prettier-ignore
