import type { Health, SourceStatus } from '@outrider/contracts/http/health';
import type { Jobs } from '@outrider/contracts/jobs/job-catalogue';
import { CHANGES_TOPIC, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import type { Clock } from '@outrider/ports/clock';
import type { EventBus } from '@outrider/ports/event-bus';
import type { EventStore, SourceHealth } from '@outrider/ports/event-store';
import type { Gateways } from '@outrider/ports/gateway-admin';
import type { GatewayLook, GatewaySnapshotStore } from '@outrider/ports/gateway-snapshot-store';
import type { JobQueue } from '@outrider/ports/job-queue';
import { HEALTH_CHECK_TIMEOUT_MS, type HealthCheck, type LocalSource, type ServeOptions } from '../serve-options.ts';
import { DAY_MS } from '../paging/time-range.ts';

/** Health is asked often, and without a token: the parts are asked at most this often. */
const CHECKED_EVERY_MS = 1_000;
const RATE_MINUTES = 5;

type Checked = NonNullable<Health['checks']>;

export interface HealthParts {
  readonly options: ServeOptions;
  readonly events: EventStore;
  readonly bus: EventBus;
  readonly jobs: JobQueue<Jobs>;
  readonly gateways: Gateways;
  readonly snapshots: Pick<GatewaySnapshotStore, 'looks'>;
  readonly clock: Clock;
}

/** Whether everything runs, and what each source sends. */
export class HealthReader {
  readonly #startedAt: number;
  #running = false;
  #checked: { readonly at: number; readonly checks: Promise<Checked> } | undefined;

  constructor(private readonly parts: HealthParts) {
    this.#startedAt = parts.clock.now();
  }

  /** Called when the process has started; before that it is not ready. */
  setRunning(running: boolean): void {
    this.#running = running;
    this.#checked = undefined;
  }

  /** Names nothing: only the kinds of parts that do not run. */
  async brief(): Promise<Pick<Health, 'status' | 'notReady'>> {
    const checks = await this.#checks();
    const notReady = [...new Set(checks.filter((c) => c.required && !c.ok).map((c) => c.name.split(':', 1)[0] ?? ''))];
    const status = notReady.length > 0 ? 'unavailable' : checks.every((c) => c.ok) ? 'ok' : 'degraded';
    return { status, notReady };
  }

  /** All that one tenant may know. What cannot be read is left out: the checks say why. */
  async full(tenant: string): Promise<Health> {
    const now = this.parts.clock.now();
    const { options, events, bus, jobs, snapshots } = this.parts;
    const [brief, checks, stored, deadLetters, jobCounts, looks] = await Promise.all([
      this.brief(),
      this.#checks(),
      orNothing(events.sources({ tenant, now })),
      orNothing(events.deadLetterCounts({ tenant, range: { from: now - DAY_MS, to: now + DAY_MS } })),
      orNothing(jobs.counts()),
      orNothing(snapshots.looks(tenant)),
    ]);
    const topics = [EVENTS_TOPIC, DEAD_LETTERS_TOPIC, CHANGES_TOPIC];
    return {
      ...brief,
      version: options.version,
      uptimeSeconds: Math.max(0, Math.round((now - this.#startedAt) / 1_000)),
      checks,
      busPressure: Math.max(...topics.map((topic) => bus.pressure(topic.name))),
      ...(stored ? { sources: this.#sources(tenant, stored, looks ?? [], now) } : {}),
      ...(deadLetters ? { deadLetters: [...deadLetters] } : {}),
      ...(jobCounts ? { jobs: copyOf(jobCounts) } : {}),
    };
  }

  #sources(
    tenant: string,
    stored: readonly SourceHealth[],
    looks: readonly GatewayLook[],
    now: number,
  ): SourceStatus[] {
    const known = this.parts.gateways.list().filter((g) => g.tenant === tenant);
    const local = (this.parts.options.sources?.() ?? []).filter((s) => s.tenant === tenant);
    const names = new Set([...known, ...stored, ...local].map((source) => source.gateway));
    return [...names].sort().map((gateway) => {
      const admin = known.find((g) => g.gateway === gateway)?.adminConfigured ?? false;
      const mine = stored.find((s) => s.gateway === gateway);
      return sourceStatus(
        gateway,
        mine,
        local.filter((s) => s.gateway === gateway),
        admin ? watchOf(looks.find((look) => look.gateway === gateway)) : null,
        now,
      );
    });
  }

  #checks(): Promise<Checked> {
    const now = this.parts.clock.now();
    if (!this.#checked || now - this.#checked.at >= CHECKED_EVERY_MS || now < this.#checked.at)
      this.#checked = { at: now, checks: this.#checkAll() };
    return this.#checked.checks;
  }

  async #checkAll(): Promise<Checked> {
    const start = { name: 'start', ok: this.#running, required: true };
    return [start, ...(await Promise.all(this.parts.options.health.map(checkOne)))];
  }
}

const checkOne = async (part: HealthCheck): Promise<Checked[number]> => {
  const { name, required = true } = part;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: false; detail: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer in time' }), HEALTH_CHECK_TIMEOUT_MS);
  });
  try {
    const { ok, detail } = await Promise.race([part.check(), late]);
    return { name, ok, required, ...(detail === undefined ? {} : { detail }) };
  } catch {
    // The error's text may hold an address or a name: it belongs into the log of the part itself.
    return { name, ok: false, required, detail: 'failed' };
  } finally {
    clearTimeout(timer);
  }
};

const sourceStatus = (
  gateway: string,
  stored: SourceHealth | undefined,
  local: readonly LocalSource[],
  configWatch: SourceStatus['configWatch'],
  now: number,
): SourceStatus => {
  const refused = new Map<string, number>();
  for (const [reason, count = 0] of local.flatMap((source) => Object.entries(source.refused)))
    refused.set(reason, (refused.get(reason) ?? 0) + count);
  const lastReceivedAt = Math.max(stored?.lastReceivedAt ?? 0, ...local.map((source) => source.lastSeenAt));
  const lastEventAt = Math.max(stored?.lastEventAt ?? 0, ...local.map((source) => source.lastEventAt));
  const perMinute = local.reduce((sum, source) => sum + source.perSecond * 60, 0);
  return {
    gateway,
    lastEventAt: lastEventAt || null,
    lastReceivedAt: lastReceivedAt || null,
    lagSeconds: lastReceivedAt && lastEventAt ? Math.max(0, (lastReceivedAt - lastEventAt) / 1_000) : null,
    silentSeconds: lastReceivedAt ? Math.max(0, (now - lastReceivedAt) / 1_000) : null,
    ratePerMinute: Math.max(perMinute, stored ? stored.events5m / RATE_MINUTES : 0),
    refused: [...refused].map(([reason, count]) => ({ reason, count })),
    adminConfigured: configWatch !== null,
    configWatch,
  };
};

const watchOf = (look: GatewayLook | undefined): NonNullable<SourceStatus['configWatch']> => ({
  lastLookAt: look?.seenAt ?? null,
  failingSince: look?.failing?.since ?? null,
  failedLooks: look?.failing?.looks ?? 0,
});

const orNothing = <T>(asked: Promise<T>): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HEALTH_CHECK_TIMEOUT_MS);
  });
  return Promise.race([asked, late])
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
};

const copyOf = (counts: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  Object.fromEntries(Object.entries(counts).map(([queue, states]) => [queue, { ...states }]));
