import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { LiveClock } from './live-clock.ts';
import { expectedIn, Regular } from './regular.ts';
import {
  isMachine,
  judgeSilence,
  leastDays,
  leastSilenceMs,
  limitOf,
  TRAFFIC_DROP_VERSION,
  type SilenceVerdict,
  type SilenceView,
} from './traffic-drop.detector.ts';
import type { TrafficDropSettings } from './traffic-drop.settings.ts';

/** All callers, and machines, are looked over this often; ms of event time. */
const EVERY_MS = 300_000;
const MACHINES_EVERY_MS = 20_000;
const MAX_GATEWAYS = 256;

/** A caller is followed from so long after it was first seen: those that come and go cost nothing; ms. */
const FOLLOWED_AFTER_MS = 2 * HOUR_MS;

export class TrafficDropWatcher implements Watcher {
  readonly #regulars: BoundedMap<Regular>;
  /** Those that were seen within reach, to be looked over. */
  readonly #list = new Set<Regular>();
  /** Those of them that call every few seconds. */
  readonly #machines = new Set<Regular>();
  readonly #clocks = new BoundedMap<LiveClock>(MAX_GATEWAYS);
  #tenant = '';
  #gateway = '';
  #clock: LiveClock | undefined;
  #nextLook = Number.NEGATIVE_INFINITY;
  #nextMachines = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<TrafficDropSettings>) {
    this.#regulars = new BoundedMap(Math.ceil(deps.maxCallers / 2));
  }

  get evicted(): number {
    return this.#regulars.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#regulars.forgetLanes(lanes, (one) => this.#forget(one));
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const live = this.#clockOf(event).heard(at);
    const { profile } = caller;
    if (profile === undefined || at - profile.firstAt < FOLLOWED_AFTER_MS) return undefined;
    const one = this.#regulars.get(caller.key) ?? this.#make(event, at, live, caller, profile);
    if (live > one.lastLive) {
      const witnessed = at - one.lastAt > MINUTE_MS ? (this.#clock?.witnessedSince(one.lastAt) ?? 0) : 0;
      one.longestGapMs = Math.max(one.longestGapMs, live - one.lastLive, witnessed);
      one.lastLive = live;
    }
    if (at > one.lastAt) one.lastAt = at;
    one.event = event;
    one.told = false;
    if (one.count(Math.floor(at / HOUR_MS))) this.#sort(one);
    return undefined;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const one = this.#regulars.peek(caller.key);
    if (one === undefined) return undefined;
    const s = this.deps.settings.of(event);
    const view = this.#view(one);
    const days = (one.lastAt - one.firstAt) / DAY_MS;
    const { mean } = one.lately();
    const known = leastDays(view, s);
    return (
      `${caller.entity.name} paused for ${minutes(one.longestGapMs)} at most in ${days.toFixed(1)} days and made ${mean.toFixed(1)} requests an hour of late: ` +
      (days < known
        ? `it would be missed once it is known for ${known} days.`
        : `it would be missed after ${minutes(Math.max(leastSilenceMs(view, s), s.overGap * one.longestGapMs))}, if that is long enough for ${limitOf(view, s)} requests.`)
    );
  }

  tick(now: number): readonly Draft[] {
    if (now < this.#nextMachines) return [];
    this.#nextMachines = now + MACHINES_EVERY_MS;
    if (now < this.#nextLook) return this.#lookOver(this.#machines, now);
    this.#nextLook = now + EVERY_MS;
    return this.#lookOver(this.#list, now);
  }

  #lookOver(list: ReadonlySet<Regular>, now: number): readonly Draft[] {
    const silent: { one: Regular; view: SilenceView; verdict: SilenceVerdict }[] = [];
    let together = 0;
    for (const one of list) {
      if (now - one.lastAt > 60 * DAY_MS || this.#regulars.peek(keyOf(one)) !== one) {
        this.#forget(one);
        continue;
      }
      const s = this.deps.settings.of(one.event);
      const least = this.#machines.has(one)
        ? s.minMachineSilenceMinutes
        : Math.min(s.minBriskSilenceMinutes, s.minSilenceMinutes);
      if (now - one.lastAt < least * MINUTE_MS || (one.told && now - one.lastAt > DAY_MS)) continue;
      const view = this.#view(one);
      const verdict = judgeSilence(view, s);
      if (!verdict) continue;
      together++;
      if (!one.told) silent.push({ one, view, verdict });
    }
    if (silent.length === 0) return [];
    for (const { one } of silent) one.told = true;
    if (together > this.deps.settings.base.maxTogether) return [];
    return silent.map(({ one, view, verdict }) => finding(one, now, view, verdict));
  }

  /** At each of its hours: whether it is a machine. */
  #sort(one: Regular): void {
    const { mean, least } = one.lately();
    const view = { longestGapMs: one.longestGapMs, perHour: mean, even: mean === 0 ? 0 : least / mean };
    if (isMachine(view, this.deps.settings.of(one.event))) this.#machines.add(one);
    else this.#machines.delete(one);
  }

  #forget(one: Regular): void {
    this.#list.delete(one);
    this.#machines.delete(one);
  }

  /** Mostly all events are of one gateway. */
  #clockOf(event: ApiEvent): LiveClock {
    if (this.#clock !== undefined && event.gateway === this.#gateway && event.tenant === this.#tenant)
      return this.#clock;
    this.#tenant = event.tenant;
    this.#gateway = event.gateway;
    return (this.#clock = this.#clocks.getOrMake(clockKey(event), () => new LiveClock()));
  }

  #make(event: ApiEvent, at: number, live: number, caller: Caller, profile: CallerProfile): Regular {
    const made = new Regular(event, at, live, profile);
    this.#regulars.set(caller.key, made, caller.lane);
    this.#list.add(made);
    return made;
  }

  #view(one: Regular): SilenceView {
    const clock = this.#clocks.peek(clockKey(one.event));
    const live = (clock?.now ?? one.lastLive) - one.lastLive;
    // a machine may be most of what its gateway says: the others are too seldom to keep the clock going
    const silenceMs = this.#machines.has(one) ? Math.max(live, clock?.witnessedSince(one.lastAt) ?? 0) : live;
    const lifeMs = one.lastAt - one.firstAt;
    const lately = one.lately();
    const even = lately.mean === 0 ? 0 : lately.least / lately.mean;
    const isEven = even >= this.deps.settings.of(one.event).evenShare;
    return {
      silenceMs,
      longestGapMs: one.longestGapMs,
      lifeMs,
      expected: expectedIn(one.profile, one.lastAt, silenceMs, lifeMs, isEven ? lately.mean : 0),
      expectedLately: (lately.mean * silenceMs) / HOUR_MS,
      even,
      perHour: lately.mean,
    };
  }
}

const minutes = (ms: number): string =>
  ms < 2 * MINUTE_MS ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / MINUTE_MS)} min`;
const known = (ms: number): string =>
  ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.floor(ms / DAY_MS)} days`;

const clockKey = (event: ApiEvent): string => `${event.tenant}|${event.gateway}`;
const keyOf = ({ event }: Regular): string =>
  event.consumerId === ''
    ? `${event.tenant}|credential|${event.credentialId}`
    : `${event.tenant}|consumer|${event.consumerId}`;

const finding = (one: Regular, now: number, view: SilenceView, verdict: SilenceVerdict): Draft => {
  const { event } = one;
  const id = event.consumerId || event.credentialId;
  const entity =
    event.consumerId === ''
      ? { kind: 'credential' as const, id, name: id }
      : { kind: 'consumer' as const, id, name: event.consumerName || event.consumerCustomId || id };
  return findingOf({
    event,
    entity,
    type: 'traffic-drop',
    version: TRAFFIC_DROP_VERSION,
    severity: verdict.severity,
    confidence: verdict.confidence,
    at: now,
    from: one.lastAt,
    observed: { metric: 'silence', value: Math.round(view.silenceMs / MINUTE_MS), unit: 'min' },
    expected: {
      low: 1,
      high: Math.round(view.longestGapMs / MINUTE_MS),
      mean: Math.round(verdict.expected),
      n: Math.floor(view.lifeMs / DAY_MS),
      p: Math.exp(-Math.min(690, verdict.expected / 2)),
      warmUp: view.lifeMs >= 14 * DAY_MS ? 'seasonal' : view.lifeMs >= 7 * DAY_MS ? 'mature' : 'provisional',
    },
    explanation: `${entity.name} has been silent for ${minutes(view.silenceMs)}, where about ${Math.round(verdict.expected)} requests were to be expected and its longest pause in ${known(view.lifeMs)} was ${minutes(view.longestGapMs)}; the rest of the traffic goes on. Its integration is broken, blocked, or goes another way: ask its owner, and look at what it was answered last.`,
    evidence: undefined,
  });
};
