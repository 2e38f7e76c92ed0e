import { randomUUID } from 'node:crypto';
import type { Backtest, BacktestRequest, BacktestResult } from '@outrider/domain/detection/backtest';
import { CallerError, LimitError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import { Backtester } from '@outrider/ports/backtester';
import type { BacktestStore, StoredBacktest } from '@outrider/ports/backtest-store';
import type { Clock } from '@outrider/ports/clock';
import type { AuditLog } from '@outrider/ports/response-store';
import type { DetectSettings } from '../settings.ts';
import { planRun } from './planned-backtest.ts';
import { decided, runBacktest, type BacktestStores } from './run-backtest.ts';

/** Of all tenants, beside the one that runs. */
const MAX_WAITING = 5;
/** How often what waits and runs is saved: how far it is, and that its process lives. */
const SAVE_EVERY_MS = 3_000;
/** One that should run and was not saved for so long has lost its process. */
const LOST_AFTER_MS = 60_000;

export interface BacktestsDeps {
  readonly settings: DetectSettings;
  readonly stores: BacktestStores;
  readonly backtests: BacktestStore;
  readonly audit: Pick<AuditLog, 'write'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** ms; 3 s when absent. */
  readonly saveEveryMs?: number;
}

type Entry = { -readonly [K in keyof Backtest]: Backtest[K] } & { readonly tenant: string };

/**
 * Backtests of this process, one at a time. They are stored from the beginning on, so that whichever process is asked can tell of them; those in
 * memory are the ones whose end is not stored yet.
 */
export class Backtests extends Backtester {
  readonly #entries = new Map<string, Entry>();
  #last: Promise<void> = Promise.resolve();
  #starting = 0;
  #stopped = false;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: BacktestsDeps) {
    super();
  }

  override async start(tenant: string, request: BacktestRequest, by: string): Promise<Backtest> {
    await this.#check(tenant, request);
    const entry: Entry = {
      tenant,
      id: randomUUID(),
      state: 'waiting',
      change: request.change,
      ...request.range,
      startedAt: this.deps.clock.now(),
      startedBy: by,
      progress: 0,
      error: null,
      result: null,
    };
    this.#refuseTooMany();
    this.#starting++;
    try {
      const detail = detailOf(request);
      const subject = `backtest ${entry.id}`;
      await this.deps.audit.write({ tenant, actor: by, act: 'backtest.start', subject, detail });
      await this.deps.backtests.save(tenant, shown(entry));
    } finally {
      this.#starting--;
    }
    this.#entries.set(entry.id, entry);
    this.#last = this.#last.then(() => this.#run(entry, request));
    this.#timer ??= setInterval(() => void this.#save(), this.deps.saveEveryMs ?? SAVE_EVERY_MS).unref();
    return shown(entry);
  }

  override async find(tenant: string, id: string): Promise<Backtest | undefined> {
    const entry = this.#entries.get(id);
    if (entry) return entry.tenant === tenant ? shown(entry) : undefined;
    const stored = await this.deps.backtests.find(tenant, id);
    return stored && this.#unlessLost(stored);
  }

  override async list(tenant: string): Promise<readonly Omit<Backtest, 'result'>[]> {
    return (await this.deps.backtests.list(tenant)).map((stored) => {
      const own = this.#entries.get(stored.backtest.id);
      const { result: _result, ...summary } = own ? shown(own) : this.#unlessLost(stored);
      return summary;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
    clearInterval(this.#timer);
    await this.#save();
  }

  /** Its process was killed, or has not reached the store for long. */
  #unlessLost({ backtest, savedAt }: StoredBacktest): Backtest {
    if (!isBusy(backtest) || this.deps.clock.now() - savedAt < LOST_AFTER_MS) return backtest;
    return { ...backtest, state: 'failed', error: 'the process that ran it has ended' };
  }

  /** One after the other, so that no older state is written over a newer one. What the store does not take is tried again with the next. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      for (const entry of [...this.#entries.values()]) {
        const backtest = shown(entry);
        try {
          await this.deps.backtests.save(entry.tenant, backtest);
          if (!isBusy(backtest)) this.#entries.delete(entry.id);
        } catch (error) {
          this.deps.log.warn({ err: error, backtest: entry.id }, 'a backtest could not be stored, it is tried again');
        }
      }
      if (this.#entries.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    return this.#saving;
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
      const isTold = error instanceof CallerError || error instanceof LimitError;
      entry.error = isTold ? error.message : 'it could not be run, see the log of the API';
      if (!(error instanceof CallerError)) this.deps.log.warn({ err: error, backtest: entry.id }, 'a backtest failed');
    }
    await this.#save();
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
    const busy = [...this.#entries.values()].filter(isBusy).length + this.#starting;
    if (busy <= MAX_WAITING) return;
    throw new CallerError(`${busy} backtests are under way or wait: try again when one has ended`, 'too-many', 429);
  }
}

const detailOf = ({ change, range }: BacktestRequest): Record<string, unknown> => ({
  kind: change.kind,
  ...(change.kind === 'detector' ? { type: change.type, settings: change.settings } : {}),
  ...(change.kind === 'policy' ? { policy: change.policy.name } : {}),
  ...range,
});

const isBusy = ({ state }: Pick<Backtest, 'state'>): boolean => state === 'waiting' || state === 'running';

const shown = ({ tenant: _tenant, ...backtest }: Entry): Backtest => backtest;
