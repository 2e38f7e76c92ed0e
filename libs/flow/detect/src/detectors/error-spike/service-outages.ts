import type { Finding } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { EventStore, ServiceMinute } from '@outrider/ports/event-store';
import { callerKeyOf } from '../../engine/caller-key.ts';
import type { Tuned } from '../../engine/detector.ts';
import { windowTime } from '../../engine/event-facts.ts';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { kindOf } from './error-spike.watcher.ts';
import type { ErrorSpikeSettings } from './error-spike.settings.ts';
import {
  isShared,
  outageFinding,
  standsOut,
  type CallersView,
  type ErrorKind,
  type ServiceVerdict,
  type ServiceView,
} from './service-outage.ts';

/** Minutes read beside the window: what the service is used to. */
const PAST_MINUTES = 60;
const WINDOW_MINUTES = 5;
const SPANS_MINUTES = [1, 2, 3, 5] as const;
/** How far back the newest minute is looked for: the store answers at most this at once. */
const LOOK_BACK_MS = 6 * HOUR_MS;
/** Events of an unwell service that are looked at for who fails. */
const SAMPLE = 1_000;
/** Services that are looked into in one round; the next round goes on with others. */
const MAX_SAMPLED = 20;
/** A service whose outage was reported is looked into again after this; ms. */
const REPORTED_REST_MS = 30_000;
const MAX_REMEMBERED = 10_000;
/** When nothing came for this long, time goes on by the wall clock, this far behind; ms. */
const SILENCE_MS = 60_000;

interface Known {
  /** Wall clock of the last look, and of the last report. */
  readonly sampledAt: number;
  readonly toldAt: number;
  /** Event time of the newest error that was reported. */
  readonly reportedAt: number;
}

interface Candidate {
  readonly key: string;
  readonly minute: ServiceMinute;
  readonly view: ServiceView;
  readonly verdict: ServiceVerdict;
  readonly from: number;
  readonly to: number;
}

const NEVER: Known = { sampledAt: 0, toldAt: Number.NEGATIVE_INFINITY, reportedAt: Number.NEGATIVE_INFINITY };

/**
 * Outages of services, seen over all callers whichever process watches them: minutes of the event store, and a sample of events where
 * errors stand out. The same rule as `ErrorSpikeWatcher` has where one process sees all.
 */
export class ServiceOutages {
  readonly #known = new Map<string, Known>();
  /** Newest minute that anybody sent something in, and the wall time at which it was first seen. */
  #newest = Number.NEGATIVE_INFINITY;
  #newestSeenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Pick<EventStore, 'serviceMinutes' | 'search'>,
    private readonly settings: Tuned<ErrorSpikeSettings>,
    /** Somebody has tuned the detector somewhere: minutes know a service by its id alone, and overrides may name it. */
    private readonly isTuned: () => boolean = () => false,
  ) {}

  /** Event time as far as the store has it. */
  eventTime(now: number): number {
    const newest = Math.min(now, this.#newest + MINUTE_MS);
    return now - this.#newestSeenAt > SILENCE_MS ? Math.max(newest, now - SILENCE_MS) : newest;
  }

  /** Looks at all services once. `now` is the wall clock in ms. */
  async round(now: number): Promise<readonly Finding[]> {
    const since = Math.min(now, this.#newest) - (PAST_MINUTES + WINDOW_MINUTES) * MINUTE_MS;
    const to = now + MINUTE_MS;
    const rows = await this.store.serviceMinutes({ from: Math.max(to - LOOK_BACK_MS, since), to });
    this.#move(rows, now);
    const { enabled, reportHealth } = this.settings.base;
    if (!enabled || !(reportHealth || this.isTuned())) return [];
    const due = [...byService(rows)]
      .flatMap(([key, minutes]) => this.#candidate(key, minutes) ?? [])
      .filter(({ key }) => now - (this.#known.get(key)?.toldAt ?? Number.NEGATIVE_INFINITY) >= REPORTED_REST_MS)
      .sort((x, y) => this.#sampledAt(x) - this.#sampledAt(y) || y.view.errors - x.view.errors)
      .slice(0, MAX_SAMPLED);
    const findings: Finding[] = [];
    for (const candidate of due) {
      const finding = await this.#lookInto(candidate, now);
      if (finding) findings.push(finding);
    }
    return findings;
  }

  #move(rows: readonly ServiceMinute[], now: number): void {
    const newest = rows.reduce((max, { minute }) => Math.max(max, minute), this.#newest);
    if (newest <= this.#newest) return;
    this.#newest = newest;
    this.#newestSeenAt = now;
  }

  #candidate(key: string, minutes: readonly ServiceMinute[]): Candidate | undefined {
    const head = minutes.reduce((max, { minute }) => Math.max(max, minute), 0);
    const [minute] = minutes;
    if (!minute) return undefined;
    const settings = this.settings.of(placeOf(minute));
    const windowFrom = head - (WINDOW_MINUTES - 1) * MINUTE_MS;
    const past = minutes.filter((one) => one.minute < windowFrom);
    for (const kind of ['server', 'client'] as const)
      for (const span of SPANS_MINUTES) {
        const from = head - (span - 1) * MINUTE_MS;
        const view: ServiceView = {
          kind,
          ...sum(
            minutes.filter((one) => one.minute >= from),
            kind,
          ),
          pastErrors: sum(past, kind).errors,
          pastRequests: sum(past, kind).requests,
        };
        const verdict = standsOut(view, settings);
        if (verdict) return { key, minute, view, verdict, from, to: head + MINUTE_MS };
      }
    return undefined;
  }

  async #lookInto({ key, minute, view, verdict, from, to }: Candidate, now: number): Promise<Finding | undefined> {
    const { tenant, service } = minute;
    const events = await this.store.search({ tenant, service, range: { from, to }, limit: SAMPLE, order: 'newest' });
    const errors = events.filter((event) => kindOf(event) === view.kind);
    const [event] = errors;
    const { reportedAt, toldAt } = this.#known.get(key) ?? NEVER;
    const at = event ? windowTime(event) : reportedAt;
    const callers = callersOf(events, view.kind);
    const settings = this.settings.of(event ?? placeOf(minute));
    const isTold = settings.reportHealth && isShared(callers, settings) && standsOut(view, settings) !== undefined;
    const report = event !== undefined && isTold && at >= reportedAt + REPORT_EVERY_MS;
    this.#remember(key, { sampledAt: now, toldAt: report ? now : toldAt, reportedAt: report ? at : reportedAt });
    if (!report) return undefined;
    const evidence = new Evidence();
    for (const one of errors) evidence.add(one, at);
    return outageFinding({ event, at, from: Math.min(from, at), view, callers, verdict, evidence });
  }

  /** Those that were not looked into for longest have the next turn. */
  #sampledAt({ key }: Candidate): number {
    return (this.#known.get(key) ?? NEVER).sampledAt;
  }

  #remember(key: string, of: Known): void {
    this.#known.delete(key);
    this.#known.set(key, of);
    if (this.#known.size <= MAX_REMEMBERED) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}

const placeOf = ({ tenant, service }: ServiceMinute) => ({
  tenant,
  serviceId: service,
  serviceName: service,
  routeId: '',
  routeName: '',
});

const byService = (rows: readonly ServiceMinute[]): ReadonlyMap<string, readonly ServiceMinute[]> => {
  const services = new Map<string, ServiceMinute[]>();
  for (const row of rows) {
    const key = `${row.tenant}|${row.service}`;
    const known = services.get(key);
    if (known) known.push(row);
    else services.set(key, [row]);
  }
  return services;
};

const sum = (
  minutes: readonly ServiceMinute[],
  kind: ErrorKind,
): { readonly errors: number; readonly requests: number } => ({
  errors: minutes.reduce((n, one) => n + (kind === 'server' ? one.serverErrors : one.clientErrors), 0),
  requests: minutes.reduce((n, { requests }) => n + requests, 0),
});

const callersOf = (events: readonly ApiEvent[], kind: ErrorKind): CallersView => {
  const callers = new Map<string, { errors: number; requests: number }>();
  for (const event of events) {
    const key = callerKeyOf(event);
    const known = callers.get(key) ?? { errors: 0, requests: 0 };
    callers.set(key, known);
    known.requests++;
    if (kindOf(event) === kind) known.errors++;
  }
  const failing = [...callers.values()].filter(({ errors }) => errors > 0);
  const worst = failing.reduce((most, one) => (one.errors > most.errors ? one : most), { errors: 0, requests: 0 });
  const errors = failing.reduce((n, one) => n + one.errors, 0);
  return {
    failing: failing.length,
    rest: { errors: errors - worst.errors, requests: events.length - worst.requests },
  };
};
