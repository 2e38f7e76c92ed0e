import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '@outrider/domain/detection/alert';
import type { AdminGroups, ConfigSnapshot } from '@outrider/domain/gateway/config-snapshot';
import { withBases } from '@outrider/domain/gateway/judge-config';
import { sameJson } from '@outrider/domain/gateway/same-json';
import {
  abuseAfter,
  entityOf,
  NOTHING_REMEMBERED,
  remembered,
  stillRecent,
  type RecentChanges,
  type WatchMemory,
} from '@outrider/domain/gateway/watch-memory';
import { PermanentError } from '@outrider/platform/errors';
import type { Logger } from '@outrider/platform/logger';
import type { AlertStore } from '@outrider/ports/alert-store';
import type { Clock } from '@outrider/ports/clock';
import type { GatewayAdmin, Gateways } from '@outrider/ports/gateway-admin';
import type { GatewaySnapshotStore, StoredSnapshot } from '@outrider/ports/gateway-snapshot-store';
import type { EnforcementStore } from '@outrider/ports/response-store';
import type { GatewayConfigChangeSettings } from '../detectors/gateway-config-change/gateway-config-change.settings.ts';
import { configFinding } from './config-finding.ts';
import { compareLooks, sameConfig, type Comparison } from './compare-looks.ts';
import { readAdminGroups, readConfig, wordsKey } from './read-config.ts';
import type { ReadOutcome, WatchMetrics } from './watch-metrics.ts';

export interface GatewayWatchDeps {
  readonly gateways: Pick<Gateways, 'list' | 'admin'>;
  readonly snapshots: GatewaySnapshotStore;
  readonly enforcements: Pick<EnforcementStore, 'live'>;
  readonly alerts: Pick<AlertStore, 'list'>;
  readonly settings: GatewayConfigChangeSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: WatchMetrics;
  /** Hands a finding on; false: people decided that it is not told. */
  readonly tell: (finding: Finding) => Promise<boolean>;
}

/** Reading may take this part of the time; beyond it, there is more time between two looks. */
const MOST_READING = 0.05;
/** Gateways that are looked at at the same time: each holds one page of a list. */
const AT_ONCE = 8;
const ABUSE = ['anonymous-access', 'function-level-abuse'] as const;
const MAX_ABUSES = 200;
/** The health page shows how the looks go, to a minute. */
const SAID_EVERY_MS = 60_000;

interface Known {
  stored: StoredSnapshot | undefined;
  looks: number;
  /** Until then it is left in peace; ms since epoch. */
  restUntil: number;
  /** What the last look came to, for the log. */
  outcome: ReadOutcome | undefined;
  /** When the store was last told how the looks go; ms since epoch. */
  saidAt: number;
  failing: WatchMemory['failing'];
}

/**
 * The leader's looks at what each Kong is configured to do. What was seen last is kept in the store, so that a restart sees what changed
 * meanwhile; the first look is learned and nothing told.
 */
export class GatewayWatch {
  readonly #known = new Map<string, Known>();
  /** Said once. */
  #groupsRefused = false;

  constructor(private readonly deps: GatewayWatchDeps) {}

  /** Looks at each gateway once; one that fails or hangs delays no other. */
  async round(signal: AbortSignal): Promise<void> {
    const waiting = this.deps.gateways.list().filter(({ adminConfigured }) => adminConfigured);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
        const admin = this.deps.gateways.admin(next.tenant, next.gateway);
        if (admin) await this.#attempt(next.tenant, next.gateway, admin, signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Another process looks from now on, and writes what it sees. */
  forget(): void {
    this.#known.clear();
  }

  async #attempt(tenant: string, gateway: string, admin: GatewayAdmin, signal: AbortSignal): Promise<void> {
    const key = `${tenant}/${gateway}`;
    const known = this.#known.get(key) ?? neverLooked();
    this.#known.set(key, known);
    if (this.deps.clock.now() < known.restUntil) return;
    let outcome: ReadOutcome;
    try {
      outcome = await this.#look(tenant, gateway, admin, known, signal);
    } catch (error) {
      outcome = 'failed';
      // once, not at every look
      if (known.outcome !== 'failed')
        this.deps.log.warn(
          { err: error, gateway },
          "the gateway's configuration could not be read: nothing is concluded",
        );
    }
    if (known.outcome === 'failed' && outcome !== 'failed')
      this.deps.log.info({ gateway }, "the gateway's configuration is read again");
    known.outcome = outcome;
    this.deps.metrics.read(outcome);
    if (outcome === 'failed') await this.#sayFailing(tenant, gateway, known);
  }

  /** For the health page; where nothing was ever seen whole there is nothing to say it of. */
  async #sayFailing(tenant: string, gateway: string, known: Known): Promise<void> {
    const now = this.deps.clock.now();
    const { failing } = known;
    known.failing = { since: failing?.since ?? now, looks: (failing?.looks ?? 0) + 1 };
    const { stored } = known;
    if (!stored || (failing && now - known.saidAt < SAID_EVERY_MS)) return;
    const memory = { ...stored.memory, failing: known.failing };
    try {
      await this.deps.snapshots.remember(tenant, gateway, memory);
      known.saidAt = now;
      known.stored = { ...stored, memory };
    } catch (error) {
      this.deps.log.debug({ err: error, gateway }, 'that the gateway cannot be read could not be stored');
    }
  }

  async #look(
    tenant: string,
    gateway: string,
    admin: GatewayAdmin,
    known: Known,
    signal: AbortSignal,
  ): Promise<ReadOutcome> {
    const { snapshots, clock, settings } = this.deps;
    const before = (known.stored ??= await snapshots.load(tenant, gateway));
    const due = known.looks % settings.groupsEveryLooks === 0;
    let seen = await this.#read(admin, before, known, due);
    if (!seen) return 'empty';
    let compared = await this.#compare(tenant, gateway, before, seen);
    if (compared.changes.length > 0 && settings.settleSeconds > 0) {
      if (!(await pause(settings.settleSeconds * 1_000, signal))) return 'put-off';
      seen = await this.#read(admin, before, known, due);
      if (!seen) return 'empty';
      compared = await this.#compare(tenant, gateway, before, seen);
    }
    known.looks++;
    const memory = await this.#tell(tenant, gateway, admin, before, compared);
    const seenAt = clock.now();
    const plugins = [...withBases(seen.plugins, before?.snapshot.plugins)];
    const stored: StoredSnapshot = { snapshot: { ...seen, plugins }, memory, seenAt };
    const isNews = !before || !isSame(before, stored);
    if (isNews) await snapshots.save(tenant, gateway, stored);
    else if (seenAt - known.saidAt >= SAID_EVERY_MS) await snapshots.touch(tenant, gateway, seenAt);
    if (isNews || seenAt - known.saidAt >= SAID_EVERY_MS) known.saidAt = seenAt;
    known.stored = stored;
    known.failing = undefined;
    return before ? 'complete' : 'learned';
  }

  /** Undefined: a node without a database that has lost everything, which is one that waits for its configuration. */
  async #read(
    admin: GatewayAdmin,
    before: StoredSnapshot | undefined,
    known: Known,
    due: boolean,
  ): Promise<ConfigSnapshot | undefined> {
    const { clock } = this.deps;
    const from = clock.now();
    const groups = await this.#groups(admin, before?.snapshot.groups ?? null, due);
    const seen = await readConfig(admin, from, groups);
    known.restUntil = clock.now() + (clock.now() - from) / MOST_READING;
    const isEmpty = seen.services.length + seen.routes.length + seen.plugins.length === 0;
    const wasEmpty = !before || before.snapshot.services.length + before.snapshot.plugins.length === 0;
    return isEmpty && !wasEmpty && !(await admin.info()).writable ? undefined : seen;
  }

  /** A token that may not read them leaves the rest to be watched. */
  async #groups(admin: GatewayAdmin, past: AdminGroups | null, due: boolean): Promise<AdminGroups | null> {
    const words = this.deps.settings.adminGroupWords;
    if (!due && past?.words === wordsKey(words)) return past;
    try {
      return await readAdminGroups(admin, words);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      if (!this.#groupsRefused) this.deps.log.warn({ err: error }, 'members of ACL groups cannot be read: not watched');
      this.#groupsRefused = true;
      return past;
    }
  }

  async #compare(
    tenant: string,
    gateway: string,
    before: StoredSnapshot | undefined,
    seen: ConfigSnapshot,
  ): Promise<Comparison> {
    // After the plugins: whoever of us lifts an enforcement says so in its row before.
    const rows = await this.deps.enforcements.live();
    const live = rows.filter((row) => row.tenant === tenant && row.gateway === gateway);
    return compareLooks({ gateway, before, seen, live, limitFactor: this.deps.settings.limitFactor });
  }

  async #tell(
    tenant: string,
    gateway: string,
    admin: GatewayAdmin,
    before: StoredSnapshot | undefined,
    compared: Comparison,
  ): Promise<WatchMemory> {
    const { clock, metrics, settings } = this.deps;
    const now = clock.now();
    const window = { from: Math.min(before?.seenAt ?? now, now), to: now };
    let recent = stillRecent((before?.memory ?? NOTHING_REMEMBERED).recent, now - settings.followMinutes * 60_000);
    for (const told of await compared.byEntity(admin, recent, window)) {
      for (const { kind } of told.changes) metrics.change(kind);
      if (await this.deps.tell(configFinding({ tenant, gateway, told, window }))) recent = remembered(recent, told);
    }
    return { recent: [...(await this.#followed(tenant, gateway, recent, now))], toldBlocks: compared.toldBlocks };
  }

  /** What was opened and is used: told once more, graver. */
  async #followed(
    tenant: string,
    gateway: string,
    recent: readonly RecentChanges[],
    now: number,
  ): Promise<readonly RecentChanges[]> {
    const waiting = recent.filter(({ followed }) => !followed);
    if (waiting.length === 0) return recent;
    const followMs = this.deps.settings.followMinutes * 60_000;
    const range = { from: now - 2 * followMs, to: now + followMs };
    const query = { tenant, types: ABUSE, states: ['open', 'acknowledged'] as const, range, limit: MAX_ABUSES };
    const abuses = (await this.deps.alerts.list(query)).filter(
      (alert) => alert.gateway === gateway && !alert.simulated,
    );
    let left = recent;
    for (const told of waiting) {
      const abuse = abuseAfter(told, abuses, followMs);
      if (!abuse) continue;
      const followed = { ...told, followed: true };
      const finding = configFinding({ tenant, gateway, told, window: { from: told.from, to: now }, abuse });
      if (await this.deps.tell(finding)) left = left.map((one) => (entityOf(one) === entityOf(told) ? followed : one));
    }
    return left;
  }
}

const neverLooked = (): Known => ({
  stored: undefined,
  looks: 0,
  restUntil: 0,
  outcome: undefined,
  saidAt: 0,
  failing: undefined,
});

const isSame = (a: StoredSnapshot, b: StoredSnapshot): boolean =>
  sameConfig(a.snapshot, b.snapshot) && sameJson(a.memory, b.memory);

/** False: the term ended. */
const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, undefined, { signal }).then(
    () => true,
    () => false,
  );
