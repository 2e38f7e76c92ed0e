import { randomUUID } from 'node:crypto';
import type { Backtest, BacktestRequest, BacktestResult } from '@outrider/domain/detection/backtest';
import { CallerError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import { Backtester } from '@outrider/ports/backtester';
import type { Clock } from '@outrider/ports/clock';
import type { AuditLog } from '@outrider/ports/response-store';
import type { DetectSettings } from '../settings.ts';
import { planRun } from './planned-backtest.ts';
import { decided, runBacktest, type BacktestStores } from './run-backtest.ts';

/** Of all tenants, beside the one that runs. */
const MAX_WAITING = 5;
const MAX_KEPT = 100;

export interface BacktestsDeps {
  readonly settings: DetectSettings;
  readonly stores: BacktestStores;
  readonly audit: Pick<AuditLog, 'write'>;
  readonly clock: Clock;
  readonly log: Logger;
}

type Entry = { -readonly [K in keyof Backtest]: Backtest[K] } & { readonly tenant: string };

/** Backtests of this process, one at a time. */
export class Backtests extends Backtester {
  readonly #entries = new Map<string, Entry>();
  #last: Promise<void> = Promise.resolve();
  #starting = 0;
  #stopped = false;

  constructor(private readonly deps: BacktestsDeps) {
    super();
  }

  override async start(tenant: string, request: BacktestRequest, by: string): Promise<Backtest> {
    await this.#check(tenant, request);
    const id = randomUUID();
    this.#refuseTooMany();
    this.#starting++;
    try {
      await this.deps.audit.write({
        tenant,
        actor: by,
        act: 'backtest.start',
        subject: `backtest ${id}`,
        detail: detailOf(request),
      });
    } finally {
      this.#starting--;
    }
    const entry: Entry = {
      tenant,
      id,
      state: 'waiting',
      change: request.change,
      ...request.range,
      startedAt: this.deps.clock.now(),
      startedBy: by,
      progress: 0,
      error: null,
      result: null,
    };
    this.#entries.set(entry.id, entry);
    this.#forgetOld();
    this.#last = this.#last.then(() => this.#run(entry, request));
    return shown(entry);
  }

  override find(tenant: string, id: string): Backtest | undefined {
    const entry = this.#entries.get(id);
    return entry?.tenant === tenant ? shown(entry) : undefined;
  }

  override list(tenant: string): readonly Backtest[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.tenant === tenant)
      .map(shown)
      .reverse();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
  }

  async #run(entry: Entry, request: BacktestRequest): Promise<void> {
    try {
      if (this.#stopped) throw new CallerError('the process was stopped before it began', 'stopping');
      entry.state = 'running';
      entry.result = await this.#result(entry, request);
      entry.progress = 1;
      entry.state = 'done';
    } catch (error) {
      entry.state = 'failed';
      entry.error = error instanceof CallerError ? error.message : 'it could not be run, see the log of the API';
      if (!(error instanceof CallerError)) this.deps.log.warn({ err: error, backtest: entry.id }, 'a backtest failed');
    }
  }

  #result(entry: Entry, request: BacktestRequest): Promise<BacktestResult> {
    const { settings, stores } = this.deps;
    return runBacktest(entry.tenant, request, settings, stores, {
      onProgress: (part) => (entry.progress = part),
      isStopped: () => this.#stopped,
    });
  }

  /** What is wrong with a change is said at once, not when its turn has come. */
  async #check(tenant: string, { change }: BacktestRequest): Promise<void> {
    const { settings, stores } = this.deps;
    if (change.kind !== 'policy') {
      planRun(change, { settings, controls: await decided(tenant, stores) });
      return;
    }
    if (change.instead === undefined) return;
    const known = await stores.policies.list(tenant);
    if (!known.some(({ id }) => id === change.instead))
      throw new CallerError(`instead: there is no policy ${change.instead}`, 'no-such-policy', 422);
  }

  #refuseTooMany(): void {
    const entries = [...this.#entries.values()];
    const busy = entries.filter(({ state }) => state === 'waiting' || state === 'running').length + this.#starting;
    if (busy <= MAX_WAITING) return;
    throw new CallerError(`${busy} backtests are under way or wait: try again when one has ended`, 'too-many', 429);
  }

  #forgetOld(): void {
    for (const [id, { state }] of this.#entries) {
      if (this.#entries.size <= MAX_KEPT) return;
      if (state === 'done' || state === 'failed') this.#entries.delete(id);
    }
  }
}

const detailOf = ({ change, range }: BacktestRequest): Record<string, unknown> => ({
  kind: change.kind,
  ...(change.kind === 'detector' ? { type: change.type, settings: change.settings } : {}),
  ...(change.kind === 'policy' ? { policy: change.policy.name } : {}),
  ...range,
});

const shown = ({ tenant: _tenant, ...backtest }: Entry): Backtest => backtest;
