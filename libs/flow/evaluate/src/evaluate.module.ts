import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { Lifecycle } from '@outrider/platform/lifecycle';
import type { Logger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { AlertStore } from '@outrider/ports/alert-store';
import { Clock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { Leadership, SoleLeadership } from '@outrider/ports/leadership';
import { JobQueue } from '@outrider/ports/job-queue';
import { EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { ChangeHandler } from './change-handler.ts';
import { EvaluateController } from './evaluate.controller.ts';
import { EvaluationSweep } from './evaluation-sweep.ts';
import { Evaluator, FOLD_NOTICES_MS } from './evaluator.ts';
import { RulesCache } from './rules-cache.ts';

export interface EvaluateOptions {
  /** Blocks on private addresses are let through although the guard rail is on: for demonstrations on one machine. */
  readonly allowPrivateAddresses: boolean;
  /** How often alerts are looked for that no change announced; ms, 2000 by default. */
  readonly sweepEveryMs?: number;
  /** A webhook is paged once for a campaign in this time; ms, 0 pages for every alert. Half an hour by default. */
  readonly foldNoticesMs?: number;
}

const LOGGER = 'outrider.logger';
const SWEEP_EVERY_MS = 2_000;

/** The evaluate stage. Needs the ports, `Lifecycle`, `Metrics`, `Clock` and the logger from a global module. */
@Module({})
export class EvaluateModule {
  static register(options: EvaluateOptions): DynamicModule {
    return {
      module: EvaluateModule,
      controllers: [EvaluateController],
      providers: [
        {
          provide: RulesCache,
          useFactory: (policies: PolicyStore, clock: Clock) => new RulesCache(policies, clock),
          inject: [PolicyStore, Clock],
        },
        evaluator(options),
        {
          provide: ChangeHandler,
          useFactory: (alerts: AlertStore, made: Evaluator, rules: RulesCache) =>
            new ChangeHandler(alerts, made, rules),
          inject: [AlertStore, Evaluator, RulesCache],
        },
        sweep(options.sweepEveryMs ?? SWEEP_EVERY_MS),
      ],
      exports: [Evaluator],
    };
  }
}

const evaluator = ({ allowPrivateAddresses, foldNoticesMs = FOLD_NOTICES_MS }: EvaluateOptions): FactoryProvider => ({
  provide: Evaluator,
  useFactory: (
    rules: RulesCache,
    enforcements: EnforcementStore,
    jobs: JobQueue<Jobs>,
    bus: EventBus,
    clock: Clock,
    metrics: Metrics,
    log: Logger,
  ) => new Evaluator({ rules, enforcements, jobs, bus, clock, metrics, log, allowPrivateAddresses, foldNoticesMs }),
  inject: [RulesCache, EnforcementStore, JobQueue, EventBus, Clock, Metrics, LOGGER],
});

const sweep = (everyMs: number): FactoryProvider => ({
  provide: EvaluationSweep,
  useFactory: (
    alerts: AlertStore,
    made: Evaluator,
    metrics: Metrics,
    log: Logger,
    lifecycle: Lifecycle,
    leadership: Leadership = new SoleLeadership(), // a process that is given none is alone
  ) => {
    const part = new EvaluationSweep({ alerts, evaluator: made, metrics, log, leadership, everyMs });
    lifecycle.add({ name: 'evaluation-sweep', phase: 'workers', start: () => part.start(), stop: () => part.stop() });
    return part;
  },
  inject: [AlertStore, Evaluator, Metrics, LOGGER, Lifecycle, { token: Leadership, optional: true }],
});
