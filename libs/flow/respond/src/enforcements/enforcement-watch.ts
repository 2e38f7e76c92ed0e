import type { EnforcementState } from '@outrider/domain/response/enforcement';
import { isLive } from '@outrider/domain/response/admission';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { GatewayPlugin, Gateways } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { TOUCHED_PLUGINS } from '../actions/action-catalogue.ts';
import type { DeliveryRearm } from '../notifications/delivery-rearm.ts';
import { isMadeByUs, OUTRIDER_TAG, sharersOf } from '../plan/ownership.ts';
import { isGlobal } from '../plan/plugin-scope.ts';
import type { RespondMetrics } from '../respond-metrics.ts';
import type { EnforcementJobs } from './enforcement-jobs.ts';
import type { EnforcementRecords } from './enforcement-records.ts';
import type { EnforcementRunner } from './enforcement-runner.ts';

export interface WatchParts {
  readonly records: EnforcementRecords;
  readonly runner: EnforcementRunner;
  readonly jobs: EnforcementJobs;
  readonly deliveries: DeliveryRearm;
  readonly gateways: Gateways;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: RespondMetrics;
  /** ms between two rounds. */
  readonly everyMs: number;
}

/** How long something may be missing in Kong before it is reported: its own verification comes first. */
const MISSING_AFTER_MS = 60_000;

/**
 * Makes the queue follow the rows and Kong follow the rows, at start and again and again: what should have ended while we were down is
 * lifted at once, and what is tagged as ours but belongs to nothing that is live is taken out of Kong. One Outrider a Kong.
 */
export class EnforcementWatch {
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly parts: WatchParts) {}

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#wake();
    await this.#running;
  }

  /** One round: jobs from rows, then Kong from rows. A gateway that is away delays neither the others nor the start. */
  async round(): Promise<void> {
    await this.#attempt('re-arm', () => this.rearm());
    await this.#attempt('deliveries', () => this.parts.deliveries.rearm());
    for (const { tenant, gateway, adminConfigured } of this.parts.gateways.list())
      if (adminConfigured) await this.#attempt('sweep', () => this.sweep(tenant, gateway));
  }

  async rearm(): Promise<void> {
    const rows = await this.parts.records.live();
    const counts: Partial<Record<EnforcementState, number>> = {};
    for (const row of rows) {
      counts[row.state] = (counts[row.state] ?? 0) + 1;
      await this.parts.jobs.arm(row, this.parts.gateways.propagationMs(row.tenant, row.gateway));
    }
    this.parts.metrics.liveBy(counts);
  }

  async sweep(tenant: string, gateway: string): Promise<void> {
    const admin = this.parts.gateways.admin(tenant, gateway);
    if (!admin) return;
    // Kong first: whatever is tagged there now had its row before.
    const tagged = (await admin.taggedPlugins(OUTRIDER_TAG)).filter(({ name }) => TOUCHED_PLUGINS.includes(name));
    const live = await this.parts.records.live();
    const liveIds = new Set(live.map(({ id }) => id));
    const orphans = new Set(tagged.flatMap((plugin) => sharersOf(plugin).filter((id) => !liveIds.has(id))));
    for (const id of orphans) await this.#removeOrphan(id, tenant, gateway, tagged);
    const here = live.filter((row) => row.tenant === tenant && row.gateway === gateway);
    for (const row of here) await this.#seeToMissing(row, tagged);
  }

  async #removeOrphan(id: string, tenant: string, gateway: string, tagged: readonly GatewayPlugin[]): Promise<void> {
    const { log, metrics, records, runner, gateways } = this.parts;
    const row = await records.find(id);
    if (row) {
      if (isLive(row.state) || row.tenant !== tenant || row.gateway !== gateway) return;
      const writes = await runner.removeRemains(row);
      if (writes === 0) return;
      metrics.swept('orphan-removed');
      log.warn({ enforcement: id, gateway }, 'took out what an enforcement that is over had left in Kong');
      return;
    }
    for (const plugin of tagged.filter((one) => sharersOf(one).includes(id))) {
      const alone = sharersOf(plugin).length === 1;
      if (isMadeByUs(plugin) && alone) {
        await gateways.admin(tenant, gateway)?.deletePlugin(plugin.id);
        metrics.swept('orphan-removed');
        log.warn(
          { enforcement: id, plugin: plugin.id, gateway },
          'deleted a plugin of ours whose enforcement is not known',
        );
        continue;
      }
      metrics.swept('orphan-unknown');
      log.error(
        { enforcement: id, plugin: plugin.id, gateway },
        'a plugin was changed for an enforcement that is not known: restore it by hand',
      );
    }
  }

  /** Where others of ours share the plugin, a process wrote over our share; else somebody took the whole of it out, and that is kept. */
  async #seeToMissing(row: EnforcementRecord, tagged: readonly GatewayPlugin[]): Promise<void> {
    const { clock, log, metrics, runner } = this.parts;
    if (row.state !== 'effective' || tagged.some((plugin) => sharersOf(plugin).includes(row.id))) return;
    if (clock.now() - (row.effectiveAt ?? 0) < MISSING_AFTER_MS) return;
    if (
      row.action.kind === 'block-address' &&
      tagged.some((plugin) => isGlobal(plugin) && plugin.name === 'ip-restriction')
    ) {
      metrics.swept('share-rewritten');
      log.warn(
        { enforcement: row.id, entity: row.entity },
        'its share was overwritten by another change: written again',
      );
      return runner.rewrite(row.id);
    }
    metrics.swept('missing');
    log.warn(
      { enforcement: row.id, entity: row.entity },
      'an enforcement is not in Kong any more: somebody took it out',
    );
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      await this.round();
      if (this.#stopped) return;
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, this.parts.everyMs);
        this.#wake = resolve;
      });
    }
  }

  async #attempt(what: string, task: () => Promise<void>): Promise<void> {
    try {
      if (!this.#stopped) await task();
    } catch (error) {
      this.parts.log.warn({ err: error, what }, 'tried again in the next round');
    }
  }
}
