import type { EnforcementState } from '@outrider/domain/response/enforcement';
import { isLive } from '@outrider/domain/response/admission';
import { OUTRIDER_TAG, sharersOf } from '@outrider/domain/gateway/own-plugin';
import type { Logger } from '@outrider/platform/logger';
import type { Clock } from '@outrider/ports/clock';
import type { GatewayPlugin, Gateways } from '@outrider/ports/gateway-admin';
import { LedLoop } from '@outrider/ports/led-loop';
import type { Leadership } from '@outrider/ports/leadership';
import type { AuditLog, EnforcementRecord } from '@outrider/ports/response-store';
import { TOUCHED_PLUGINS } from '../actions/action-catalogue.ts';
import { isMadeByUs } from '../plan/ownership.ts';
import { isGlobal } from '../plan/plugin-scope.ts';
import type { RespondMetrics } from '../respond-metrics.ts';
import type { EnforcementJobs } from './enforcement-jobs.ts';
import { OUTRIDER, type EnforcementRecords } from './enforcement-records.ts';
import type { EnforcementRunner } from './enforcement-runner.ts';
import { slotOfPlugin } from './gateway-slot.ts';

export interface WatchParts {
  readonly records: EnforcementRecords;
  readonly runner: EnforcementRunner;
  readonly jobs: EnforcementJobs;
  readonly audit: AuditLog;
  readonly leadership: Leadership;
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
  readonly #loop: LedLoop;

  constructor(private readonly parts: WatchParts) {
    this.#loop = new LedLoop({
      leadership: parts.leadership,
      role: 'response-sweep',
      everyMs: parts.everyMs,
      round: (signal) => this.round(signal),
      onError: (error) => parts.log.warn({ err: error }, 'tried again in the next round'),
      // the new leader counts them from now on
      onResigned: () => parts.metrics.liveBy({}),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** One round: jobs from rows, then Kong from rows. A gateway that is away delays neither the others nor the start. */
  async round(signal: AbortSignal = NEVER): Promise<void> {
    await this.#attempt(signal, 're-arm', () => this.rearm());
    for (const { tenant, gateway, adminConfigured } of this.parts.gateways.list())
      if (adminConfigured) await this.#attempt(signal, 'sweep', () => this.sweep(tenant, gateway));
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
    const { audit, log, metrics, records, runner } = this.parts;
    const row = await records.find(id);
    if (row) {
      if (isLive(row.state) || row.tenant !== tenant || row.gateway !== gateway) return;
      const detail = { gateway, state: row.state, action: row.action, entity: row.entity };
      const entry = {
        tenant,
        actor: OUTRIDER,
        act: 'enforcement.remains-removed',
        subject: `enforcement:${id}`,
        detail,
      };
      const writes = await runner.removeRemains(row, () => audit.write(entry));
      if (writes === 0) return;
      metrics.swept('orphan-removed');
      log.warn({ enforcement: id, gateway }, 'took out what an enforcement that is over had left in Kong');
      return;
    }
    for (const plugin of tagged.filter((one) => sharersOf(one).includes(id))) {
      if (await this.#deleteUnknown(id, tenant, gateway, plugin)) continue;
      metrics.swept('orphan-unknown');
      log.error(
        { enforcement: id, plugin: plugin.id, gateway },
        'a plugin was changed for an enforcement that is not known: restore it by hand',
      );
    }
  }

  /** Only what we made and nobody else holds; looked at again once no other process can change it. */
  async #deleteUnknown(id: string, tenant: string, gateway: string, seen: GatewayPlugin): Promise<boolean> {
    const { audit, gateways, log, metrics, records } = this.parts;
    const admin = gateways.admin(tenant, gateway);
    const slot = slotOfPlugin(tenant, gateway, seen);
    if (!admin || slot === undefined || !isMadeByUs(seen) || sharersOf(seen).length !== 1) return false;
    return records.hold(slot, async (hold) => {
      const plugin = await admin.plugin(seen.id);
      if (!plugin) return true;
      if (!isMadeByUs(plugin) || sharersOf(plugin).length !== 1) return false;
      const detail = { gateway, plugin: plugin.id, name: plugin.name };
      const entry = {
        tenant,
        actor: OUTRIDER,
        act: 'enforcement.unknown-removed',
        subject: `enforcement:${id}`,
        detail,
      };
      await audit.write(entry);
      hold.check();
      await admin.deletePlugin(plugin.id);
      metrics.swept('orphan-removed');
      log.warn(
        { enforcement: id, plugin: plugin.id, gateway },
        'deleted a plugin of ours whose enforcement is not known',
      );
      return true;
    });
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

  async #attempt(signal: AbortSignal, what: string, task: () => Promise<void>): Promise<void> {
    if (signal.aborted) return;
    try {
      await task();
    } catch (error) {
      this.parts.log.warn({ err: error, what }, 'tried again in the next round');
    }
  }
}

const NEVER = new AbortController().signal;
