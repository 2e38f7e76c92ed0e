import { randomUUID } from 'node:crypto';
import { BullJobQueue } from '@outrider/bullmq/bull-job-queue';
import type { JobEngineOptions } from '@outrider/bullmq/queue-engine';
import { JOBS, type Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { anEnforcement } from '@outrider/domain/response/testing';
import { EvaluationSweep } from '@outrider/evaluate/evaluation-sweep';
import { Evaluator } from '@outrider/evaluate/evaluator';
import { RulesCache } from '@outrider/evaluate/rules-cache';
import { KongGateways } from '@outrider/kong/kong-gateways';
import { HttpOutbound } from '@outrider/outbound/http-outbound';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { systemClock } from '@outrider/ports/clock';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { openPostgres, type Postgres } from '@outrider/postgres/open-postgres';
import { Responder } from '@outrider/respond/responder';
import { eventually } from '@outrider/testing/eventually';
import { FakeEventBus } from '@outrider/testing/fakes/event-bus.fake';

export interface StackOptions {
  readonly databaseUrl: string;
  readonly adminUrl: string;
  readonly jobs: JobEngineOptions;
  readonly watchEveryMs?: number;
  /** See BullJobQueueSettings. */
  readonly lockMs?: number;
}

/** The responder process with everything real but the bus: its own pools, queues, caches and sweeps. */
export class ResponderStack {
  readonly metrics = new Metrics();
  readonly stores: Postgres;
  readonly gateways: KongGateways;
  readonly jobs: BullJobQueue<Jobs>;
  readonly responder: Responder;
  readonly evaluator: Evaluator;
  readonly #sweep: EvaluationSweep;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: StackOptions) {
    const { metrics } = this;
    const log = createLogger({ name: 'spec', level: 'silent', pretty: false });
    this.stores = openPostgres({ url: options.databaseUrl, max: 6, maxHolds: 4, sealingKeys: [Buffer.alloc(32, 7)] });
    this.gateways = new KongGateways([
      { id: 'default', tenant: 'default', adminUrl: options.adminUrl, propagationMs: 150 },
    ]);
    const settings = options.lockMs === undefined ? {} : { lockMs: options.lockMs };
    this.jobs = new BullJobQueue<Jobs>(JOBS, options.jobs, { log, metrics }, settings);
    const { stores, gateways, jobs } = this;
    const shared = { ...stores, gateways, jobs, bus: new FakeEventBus(), clock: systemClock, metrics, log };
    this.responder = new Responder({
      ...shared,
      outbound: new HttpOutbound(metrics),
      watchEveryMs: options.watchEveryMs ?? 300,
    });
    const rules = new RulesCache(stores.policies, systemClock);
    this.evaluator = new Evaluator({ ...shared, rules, allowPrivateAddresses: false });
    this.#sweep = new EvaluationSweep({ ...shared, evaluator: this.evaluator, everyMs: 200 });
  }

  async start(): Promise<this> {
    this.#started ??= this.#start();
    await this.#started;
    return this;
  }

  async #start(): Promise<void> {
    await this.stores.enforcements.live(); // Prisma loads its compiler here, not in the background between a hook and a test
    for (const part of this.responder.led) await part.start();
    await this.#sweep.start();
    await this.jobs.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Everything, whatever is in the way: what a failed test leaves open keeps jest from exiting. */
  async #stop(): Promise<void> {
    await this.#started?.catch(() => undefined); // a part that is only starting would go on after its stop
    const failed: unknown[] = [];
    const parts = [this.jobs, this.#sweep, ...this.responder.led];
    for (const part of parts) await part.stop().catch((error: unknown) => failed.push(error));
    this.gateways.close();
    await this.stores.close();
    if (failed.length > 0) throw failed[0];
  }

  async ask(overrides: Parameters<typeof anEnforcement>[0]): Promise<string> {
    const now = Date.now();
    const id = randomUUID();
    const enforcement = anEnforcement({ id, createdAt: now, endsAt: now + 3_600_000, ...overrides });
    await this.stores.enforcements.create({ ...enforcement, saved: null, revision: 1 }, 'tester');
    await this.nudge('apply', id);
    return id;
  }

  nudge(what: 'apply' | 'lift', id: string): Promise<void> {
    const job = { v: 1, enforcementId: id } as const;
    return this.jobs.enqueue(`enforcement.${what}`, job, { jobId: `${what}-${id}`, delayMs: 0 });
  }

  async row(id: string): Promise<EnforcementRecord> {
    const row = await this.stores.enforcements.findById(id);
    if (!row) throw new Error('no row');
    return row;
  }

  reaches(id: string, state: EnforcementRecord['state'], withinMs = 20_000): Promise<EnforcementRecord> {
    return eventually(async () => {
      const row = await this.row(id);
      return row.state === state ? row : undefined;
    }, withinMs);
  }

  /** As the API does it: the row first, then the job. Loses against whoever saved meanwhile, and tries again. */
  async undo(id: string): Promise<void> {
    await eventually(async () => {
      const row = await this.row(id);
      const lifting = { ...row, state: 'lifting', liftedBy: 'tester', revision: row.revision + 1 } as const;
      return this.stores.enforcements.save(lifting, { actor: 'tester', act: 'enforcement.undo' }).then(
        () => true,
        () => false,
      );
    });
    await this.nudge('lift', id);
  }
}
