import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { UserAgent } from '@outrider/domain/traffic/user-agent';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { hourOfWeek, type CallerProfile } from '../../knowledge/caller-profile.ts';
import { restAt, type Rest } from '../../knowledge/rest-hours.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { isCrowd, isKnownLong, judgeOffHours, OFF_HOURS_VERSION } from './off-hours.detector.ts';
import type { OffHoursSettings } from './off-hours.settings.ts';

/** Whether the hour was one of rest when somebody came, and what came since. Asked once an hour: the hour fills by what comes. */
interface Sitting {
  readonly since: number;
  readonly rest: Rest | undefined;
  requests: number;
  reportedAt: number;
  /** When an earlier sitting was told; -Infinity when none was. */
  readonly toldBefore: number;
  readonly evidence: Evidence | undefined;
}

/** They have no rest that means anything. */
const isMachine = ({ kind }: UserAgent): boolean => kind === 'bot' || kind === 'monitor' || kind === 'scanner';

/** An hour of the week with so many requests, and such a share of all, is no hour of rest: nothing more is asked. */
const BUSY_REQUESTS = 500;
const BUSY_SHARE = 0.01;

export class OffHoursWatcher implements Watcher {
  readonly #sittings: BoundedMap<Sitting>;
  readonly #settings: Tuned<OffHoursSettings>;

  constructor({ settings, maxCallers }: DetectorDeps<OffHoursSettings>) {
    this.#settings = settings;
    this.#sittings = new BoundedMap(Math.ceil(maxCallers / 4));
  }

  get evicted(): number {
    return this.#sittings.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#sittings.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile } = caller;
    if (profile === undefined || !profile.seeded) return undefined;
    if (profile.requests < this.#settings.base.minHistoryRequests) return undefined;
    const sofar = profile.hours[hourOfWeek(at)] ?? 0;
    if (sofar > BUSY_REQUESTS && sofar > profile.requests * BUSY_SHARE) return undefined;
    const s = this.#settings.of(event);
    if (!isKnownLong(profile, at, s)) return undefined;
    let sitting = this.#sittings.get(caller.key);
    if (sitting === undefined || at - sitting.since >= HOUR_MS) {
      // what came in the hours before has filled them: while the night lasts it is the night that it was
      const goesOn = sitting !== undefined && at - sitting.since < 2 * HOUR_MS ? sitting.rest : undefined;
      const toldBefore = sitting === undefined ? -Infinity : Math.max(sitting.toldBefore, sitting.reportedAt);
      // A new habit is told once, not every day until it is one.
      const again = at - toldBefore < s.silentDays * DAY_MS && at - toldBefore > HOUR_MS;
      const rest = again || isMachine(caller.agent) ? undefined : this.#restAt(profile, at, goesOn, s);
      sitting = { since: at, rest, requests: 0, reportedAt: -Infinity, toldBefore, evidence: rest && new Evidence() };
      this.#sittings.set(caller.key, sitting, caller.lane);
    }
    if (!sitting.rest) return undefined;
    sitting.requests++;
    sitting.evidence?.add(event, at);
    if (at < sitting.reportedAt + REPORT_EVERY_MS) return undefined;
    // What calls with a library may be an app of people or a program: its hours move with releases and customers.
    const usual = caller.agent.kind === 'library' ? s.libraryFactor * sitting.rest.busiest : sitting.rest.busiest;
    const verdict = judgeOffHours(sitting.requests, usual, s);
    if (!verdict) return undefined;
    sitting.reportedAt = at;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'off-hours',
      version: OFF_HOURS_VERSION,
      severity: 'low',
      confidence: verdict.confidence,
      at,
      from: sitting.since,
      observed: { metric: 'requests at rest', value: sitting.requests, unit: 'in 60 min' },
      expected: {
        low: 0,
        high: verdict.limit - 1,
        mean: 0,
        n: profile.requests,
        p: s.restShare,
        warmUp: caller.warmUp,
      },
      explanation: this.#says(caller.entity.name, sitting, at, profile.requests, (at - profile.firstAt) / DAY_MS),
      evidence: sitting.evidence,
    });
  }

  #restAt(profile: CallerProfile, at: number, goesOn: Rest | undefined, s: OffHoursSettings): Rest | undefined {
    if (goesOn?.within.has(Math.floor(at / HOUR_MS) % 24) === true) return goesOn;
    return isCrowd(profile.prefixes, profile.fingerprints, s)
      ? undefined
      : restAt(profile.hours, at, { ...s, exceptBusiestDay: true });
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const sitting = this.#sittings.peek(caller.key);
    const { profile } = caller;
    if (!profile || sitting?.rest === undefined || at - sitting.since >= HOUR_MS) return undefined;
    return this.#says(caller.entity.name, sitting, at, profile.requests, (at - profile.firstAt) / DAY_MS);
  }

  #says(name: string, { requests }: Sitting, at: number, n: number, days: number): string {
    const hour = String(Math.floor(at / HOUR_MS) % 24).padStart(2, '0');
    return `${name} made ${requests} requests within an hour about ${hour}:00 UTC, at which it rests: of its ${n} requests in ${Math.floor(days)} days hardly any came in these hours. Working late looks like this; so does a stolen key: ask, where other alerts are about it as well.`;
  }
}
