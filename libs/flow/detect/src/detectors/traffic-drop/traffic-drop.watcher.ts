import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { hourOfWeek, type CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { LiveClock } from './live-clock.ts';
import { judgeSilence, TRAFFIC_DROP_VERSION, type SilenceVerdict, type SilenceView } from './traffic-drop.detector.ts';
import type { TrafficDropSettings } from './traffic-drop.settings.ts';

/** All callers are looked over this often; ms of event time. */
const EVERY_MS = 300_000;
const MAX_GATEWAYS = 256;
const RECENT_HOURS = 24;

/** A consumer or credential. The newest event is kept for its names. */
class Regular {
  firstAt = 0;
  lastAt = 0;
  /** By the clock of its gateway, which stands still while the gateway is silent. */
  lastLive = 0;
  longestGapMs = 0;
  told = false;
  /** Requests by hour of the last 24 hours that had any of it; for a rate that has fallen. */
  readonly hours = new Uint32Array(RECENT_HOURS);
  hour = 0;

  constructor(
    public event: ApiEvent,
    readonly profile: CallerProfile | undefined,
  ) {}
}

export class TrafficDropWatcher implements Watcher {
  readonly #regulars: BoundedMap<Regular>;
  /** Those that were seen within reach, to be looked over. */
  readonly #list = new Set<Regular>();
  readonly #clocks = new BoundedMap<LiveClock>(MAX_GATEWAYS);
  #nextLook = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: DetectorDeps<TrafficDropSettings>) {
    this.#regulars = new BoundedMap(Math.ceil(deps.maxCallers / 2));
  }

  get evicted(): number {
    return this.#regulars.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#regulars.forgetLanes(lanes, (one) => this.#list.delete(one));
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const clock = this.#clocks.getOrMake(clockKey(event), () => new LiveClock());
    const live = clock.heard(at);
    if (event.credentialId === '') return undefined;
    const one = this.#regulars.get(caller.key) ?? this.#make(event, at, live, caller);
    if (live > one.lastLive) {
      if (live - one.lastLive > one.longestGapMs) one.longestGapMs = live - one.lastLive;
      one.lastLive = live;
    }
    if (at > one.lastAt) one.lastAt = at;
    one.event = event;
    one.told = false;
    const hour = Math.floor(at / HOUR_MS);
    if (hour > one.hour) {
      for (let h = Math.max(one.hour + 1, hour - RECENT_HOURS + 1); h <= hour; h++) one.hours[h % RECENT_HOURS] = 0;
      one.hour = hour;
    }
    one.hours[hour % RECENT_HOURS] = (one.hours[hour % RECENT_HOURS] ?? 0) + 1;
    return undefined;
  }

  tick(now: number): readonly Draft[] {
    if (now < this.#nextLook) return [];
    this.#nextLook = now + EVERY_MS;
    const silent: { one: Regular; view: SilenceView; verdict: SilenceVerdict }[] = [];
    let together = 0;
    for (const one of this.#list) {
      if (now - one.lastAt > 60 * DAY_MS || this.#regulars.peek(keyOf(one)) !== one) {
        this.#list.delete(one);
        continue;
      }
      const s = this.deps.settings.of(one.event);
      if (now - one.lastAt < s.minSilenceMinutes * MINUTE_MS || (one.told && now - one.lastAt > DAY_MS)) continue;
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

  #make(event: ApiEvent, at: number, live: number, caller: Caller): Regular {
    const made = new Regular(event, caller.profile);
    made.firstAt = at;
    made.lastAt = at;
    made.lastLive = live;
    made.hour = Math.floor(at / HOUR_MS);
    this.#regulars.set(caller.key, made, caller.lane);
    this.#list.add(made);
    return made;
  }

  #view(one: Regular): SilenceView {
    const now = this.#clocks.peek(clockKey(one.event))?.now ?? one.lastLive;
    const silenceMs = now - one.lastLive;
    const lifeMs = one.lastAt - one.firstAt;
    return {
      silenceMs,
      longestGapMs: one.longestGapMs,
      lifeMs,
      expected: expectedIn(one.profile, one.lastAt, silenceMs, lifeMs),
      expectedLately: (one.hours.reduce((sum, n) => sum + n, 0) / (RECENT_HOURS * HOUR_MS)) * silenceMs,
    };
  }
}

/** What the hours of the week that passed in silence usually bring. */
const expectedIn = (profile: CallerProfile | undefined, from: number, silenceMs: number, lifeMs: number): number => {
  if (!profile) return 0;
  const weeks = Math.max(1, Math.ceil(lifeMs / (7 * DAY_MS)));
  const to = from + Math.min(silenceMs, 7 * DAY_MS);
  let sum = 0;
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / HOUR_MS) + 1) * HOUR_MS);
    sum += (hourMean(profile, at, weeks, lifeMs) * (end - at)) / HOUR_MS;
    at = end;
  }
  return sum;
};

/** Requests in this hour; where the week was not seen whole, by the same hour of any day. */
const hourMean = (profile: CallerProfile, at: number, weeks: number, lifeMs: number): number => {
  const hour = hourOfWeek(at);
  if (lifeMs >= 7 * DAY_MS) return (profile.hours[hour] ?? 0) / weeks;
  let sum = 0;
  for (let h = hour % 24; h < 168; h += 24) sum += profile.hours[h] ?? 0;
  return sum / Math.max(1, Math.ceil(lifeMs / DAY_MS));
};

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
  const minutes = (ms: number): string => `${Math.round(ms / MINUTE_MS)} min`;
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
      p: Math.exp(-Math.min(690, verdict.expected)),
      warmUp: view.lifeMs >= 14 * DAY_MS ? 'seasonal' : view.lifeMs >= 7 * DAY_MS ? 'mature' : 'provisional',
    },
    explanation: `${entity.name} has been silent for ${minutes(view.silenceMs)}, where at least ${Math.round(verdict.expected)} requests were to be expected and its longest pause in ${Math.floor(view.lifeMs / DAY_MS)} days was ${minutes(view.longestGapMs)}; the rest of the traffic goes on. Its integration is broken, blocked, or goes another way.`,
    evidence: undefined,
  });
};
