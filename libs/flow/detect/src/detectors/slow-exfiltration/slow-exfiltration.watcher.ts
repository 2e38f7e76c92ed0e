import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { groupNameOf } from '../../engine/caller-key.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { ObjectTrails } from '../../objects/object-trails.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS } from '../../windows/time.ts';
import { driftOf, judgeDrift, sustained, SLOW_EXFILTRATION_VERSION, type Drift } from './slow-exfiltration.detector.ts';
import type { SlowExfiltrationSettings } from './slow-exfiltration.settings.ts';

/** Days that are remembered. */
const DAYS = 42;
/** Bytes of the day at hand between two looks. */
const LOOKS = 4;

class Daily {
  day = -1;
  firstDay = -1;
  readonly bytes: number[] = [];
  readonly objects: number[] = [];
  bytesToday = 0;
  objectsToday = 0;
  /** Day of the last finding. */
  told = -1;
  nextLook = 0;

  /** Days in between without traffic are days of nothing. */
  turn(day: number): void {
    if (this.day < 0) this.firstDay = day;
    else
      for (let d = this.day; d < Math.min(day, this.day + DAYS); d++) {
        this.bytes.push(d === this.day ? this.bytesToday : 0);
        this.objects.push(d === this.day ? this.objectsToday : 0);
      }
    while (this.bytes.length > DAYS) {
      this.bytes.shift();
      this.objects.shift();
    }
    this.day = day;
    this.bytesToday = 0;
    this.objectsToday = 0;
    this.nextLook = 0;
  }
}

/** What a group of callers took, day by day. */
class Group {
  readonly days = new Map<number, number>();

  add(day: number, bytes: number): void {
    this.days.set(day, (this.days.get(day) ?? 0) + bytes);
    if (this.days.size > DAYS) this.days.delete(this.days.keys().next().value ?? 0);
  }

  /** Growth of all but one over the same days, as it is measured of a caller. */
  growth(from: number, to: number, but: readonly number[]): number {
    const values: number[] = [];
    for (let day = from; day < to; day++) values.push(Math.max(0, (this.days.get(day) ?? 0) - (but[but.length - (to - day)] ?? 0))); // prettier-ignore
    const half = Math.max(1, Math.floor(values.length / 2));
    const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length); // prettier-ignore
    return (sustained(values) + 1) / (mean(values.slice(0, half)) + 1);
  }
}

export class SlowExfiltrationWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #callers: BoundedMap<Daily>;
  readonly #groups = new BoundedMap<Group>(1_000);

  constructor(
    private readonly settings: Tuned<SlowExfiltrationSettings>,
    private readonly trails: ObjectTrails,
    maxCallers: number,
  ) {
    this.#callers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#callers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#callers.forgetLanes(lanes);
    this.trails.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#callers.forgetKeys(gone.callers);
    this.trails.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    // addresses come and go
    if (caller.profile === undefined) return undefined;
    const daily = this.#callers.getOrMake(caller.key, () => new Daily(), caller.lane);
    const day = Math.floor(at / DAY_MS);
    if (day > daily.day) this.#turn(event, daily, day);
    if (event.responseBytes > 0) daily.bytesToday += event.responseBytes;
    if (this.trails.of(event, at, caller)?.isNew === true) daily.objectsToday++;
    if (daily.bytes.length < 7 || daily.told === day || daily.bytesToday < daily.nextLook) return undefined;
    return this.#look(event, at, caller, daily);
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const daily = this.#callers.peek(caller.key);
    const s = this.settings.of(event);
    const drift = daily && driftOf(daily.bytes, s);
    return drift && `over ${drift.days} days its daily bytes grew by a factor of ${drift.growth.toFixed(1)}, CUSUM ${drift.score.toFixed(1)} (${s.limit} with a growth of ${s.growth} are told)`; // prettier-ignore
  }

  #turn(event: ApiEvent, daily: Daily, day: number): void {
    if (daily.day >= 0) this.#groups.getOrMake(groupNameOf(event), () => new Group()).add(daily.day, daily.bytesToday);
    daily.turn(day);
  }

  /** The day at hand counts as soon as it is above what two of the last days reached. */
  #look(event: ApiEvent, at: number, caller: Caller, daily: Daily): Draft | undefined {
    const s = this.settings.of(event);
    const { bytes, objects, day } = daily;
    daily.nextLook = Math.max(s.floorBytes / LOOKS, daily.bytesToday * 1.3);
    const group = this.#groups.get(groupNameOf(event));
    // Peers close their days with their first call of the next one: until then their last day looks empty.
    const closed = (to: number): number =>
      group?.growth(day - bytes.length, to, bytes.slice(0, bytes.length - day + to)) ?? 1;
    const peers = Math.max(closed(day), closed(day - 1));
    for (const [what, values, today, floor] of [
      ['bytes', bytes, daily.bytesToday, s.floorBytes],
      ['objects', objects, daily.objectsToday, s.floorObjects],
    ] as const) {
      const days = today > sustained(values, values.length + 1 < s.youngDays) ? [...values, today] : values;
      const drift = driftOf(days, s);
      if (drift === undefined) continue;
      const limit = judgeDrift(drift, days.at(-1) ?? 0, floor, peers, s);
      if (limit === undefined) continue;
      daily.told = day;
      return this.#finding(event, at, caller, what, drift, peers, limit);
    }
    return undefined;
  }

  #finding(
    event: ApiEvent,
    at: number,
    caller: Caller,
    what: string,
    drift: Drift,
    peers: number,
    limit: number,
  ): Draft {
    // prettier-ignore
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'slow-exfiltration',
      version: SLOW_EXFILTRATION_VERSION,
      severity: 'medium',
      confidence: Math.min(0.9, 0.75 + 0.03 * Math.log2(drift.growth / limit + 1)),
      at,
      from: at - 3 * DAY_MS,
      observed: { metric: `daily ${what}`, value: Math.round(drift.recent), unit: 'on most of the last days' },
      expected: { low: 0, high: Math.round(drift.before * limit), mean: Math.round(drift.before), n: drift.days, p: 1, warmUp: caller.warmUp }, // prettier-ignore
      explanation: `${entity.name} took ${drift.growth.toFixed(1)} times as many ${what} on most of the last three or four days as a day in the first half of ${drift.days} days (CUSUM ${drift.score.toFixed(1)} standard deviations), and its peers ${peers.toFixed(1)} times as many (growth below ${limit.toFixed(1)} is let pass). This is how data is taken without any one day standing out.`,
      evidence: undefined,
      only: 'status >= 200 AND status < 300',
    });
  }
}
