import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { Tuned } from '../../engine/detector.ts';
import { groupNameOf, parseCallerKey } from '../../engine/caller-key.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { isMaking, overHabit } from '../../objects/made.ts';
import { MEDIA } from '../../objects/object-trails.ts';
import { Spans, sumAt } from '../../objects/walk.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import {
  DATA_EXFILTRATION_VERSION,
  judgeExfiltration,
  limitOf,
  type ExfiltrationView,
} from './data-exfiltration.detector.ts';
import type { DataExfiltrationSettings } from './data-exfiltration.settings.ts';

/** Less is not looked at; bytes in one to two hours, and of one answer where evidence is kept. */
const FLOOR = 10_000_000;
const EVIDENCE_BYTES = 100_000;
/** Hours with traffic that make a habit. */
const MIN_FILLED = 4;
const TOP = 8;
const MAX_ENDPOINTS = 5_000;
/** Leaps of others that are older say nothing; ms. */
const LEAPS_MS = 30 * DAY_MS;

class Taker {
  readonly hours = new Spans(HOUR_MS);
  /** Bytes of exports and the like, of the same time. */
  readonly sensitive = new Spans(HOUR_MS);
  /** Exports of the same time. */
  readonly exports = new Spans(HOUR_MS);
  /** Bytes that it sent, of the same time; made when it sends a large body for the first time. */
  given: Spans | undefined;
  /** Made when it creates or changes something for the first time; most never do. */
  work: Work | undefined;
  firstAt = Number.POSITIVE_INFINITY;
  /** When it took more than next to nothing for the first time; ms. */
  loudAt = Number.POSITIVE_INFINITY;
  heldUntil = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  /** Bytes taken since the last finding. */
  sinceTold = Number.POSITIVE_INFINITY;
  evidence: Evidence | undefined;
  /** Where most of the bytes of the hour at hand came from, and by how much (majority vote). */
  service = '';
  template = '';
  #lead = 0;

  lean(event: ApiEvent, bytes: number, hourTurned: boolean): void {
    if (hourTurned) this.#lead /= 8;
    if (event.pathTemplate === this.template && event.serviceId === this.service) this.#lead += bytes;
    else if (this.#lead >= bytes) this.#lead -= bytes;
    else {
      this.service = event.serviceId;
      this.template = event.pathTemplate;
      this.#lead = bytes - this.#lead;
    }
  }
}

/** What a caller created and changed, and its answers since it first did. */
class Work {
  readonly made = new Spans(HOUR_MS);
  readonly answers = new Spans(HOUR_MS);
}

/** Callers that took far more than they ever did at one endpoint: when it was so last. */
interface Leaps {
  readonly callers: Set<string>;
  lastAt: number;
}

/** The callers of one group (consumers, credentials, addresses) that take the most, by the most they took in a time that is over. */
class Peers {
  count = 0;
  readonly top = new Map<string, number>();

  note(key: string, most: number): void {
    const known = this.top.get(key);
    if (known !== undefined || this.top.size < TOP) {
      if (most > (known ?? 0)) this.top.set(key, most);
      return;
    }
    let least = key;
    let leastMost = most;
    for (const [one, its] of this.top) if (its < leastMost) [least, leastMost] = [one, its];
    if (least === key) return;
    this.top.delete(least);
    this.top.set(key, most);
  }

  forget(keys: ReadonlySet<string>): void {
    for (const key of keys) this.top.delete(key);
  }

  mostBut(key: string): number {
    let most = 0;
    for (const [one, its] of this.top) if (one !== key && its > most) most = its;
    return most;
  }
}

export class DataExfiltrationWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #takers: BoundedMap<Taker>;
  readonly #peers = new BoundedMap<Peers>(1_000);
  readonly #leaps = new BoundedMap<Leaps>(MAX_ENDPOINTS);

  constructor(
    private readonly settings: Tuned<DataExfiltrationSettings>,
    maxCallers: number,
  ) {
    this.#takers = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#takers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#takers.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#takers.forgetKeys(callers, (_taker, key) => {
      const { tenant, kind } = parseCallerKey(key);
      const peers = this.#peers.peek(`${tenant}|${kind}`);
      if (peers) peers.count--;
    });
    for (const peers of this.#peers.values()) peers.forget(callers);
    for (const leaps of this.#leaps.values()) for (const key of callers) leaps.callers.delete(key);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.responseBytes <= 0) return undefined;
    const isMedia = MEDIA.test(event.responseContentType);
    const bytes = isMedia ? event.responseBytes * this.settings.of(event).mediaShare : event.responseBytes;
    let taker = this.#takers.get(caller.key);
    if (taker === undefined) {
      taker = new Taker();
      this.#takers.set(caller.key, taker, caller.lane);
      this.#group(event).count++;
    }
    if (at < taker.firstAt) taker.firstAt = at;
    const { hours } = taker;
    const filled = hours.filled;
    hours.add(at, bytes, at > taker.heldUntil);
    if (caller.profile !== undefined && isMaking(event)) (taker.work ??= new Work()).made.add(at, 1, true);
    taker.work?.answers.add(at, 1, true);
    if (event.requestBytes >= EVIDENCE_BYTES) (taker.given ??= new Spans(HOUR_MS)).add(at, event.requestBytes, true);
    taker.sinceTold += bytes;
    taker.lean(event, bytes, hours.filled !== filled);
    if (hours.filled !== filled && hours.most > FLOOR / 10) this.#group(event).note(caller.key, hours.most);
    if (bytes >= EVIDENCE_BYTES) {
      (taker.evidence ??= new Evidence()).add(event, at);
      if (caller.traits.export) {
        taker.sensitive.add(at, bytes, true);
        taker.exports.add(at, 1, true);
      }
    }
    if (hours.sum >= FLOOR && at < taker.loudAt) taker.loudAt = at;
    if (hours.sum < FLOOR || at < taker.reportedAt + REPORT_EVERY_MS) return undefined;
    return this.#judge(event, at, caller, taker);
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const taker = this.#takers.peek(caller.key);
    if (taker === undefined || event.responseBytes <= 0) return undefined;
    const s = this.settings.of(event);
    const view = this.#view(event, at, caller, taker, s);
    return `${mib(view.bytes)} MiB taken in 1 to 2 h, at most ${mib(view.most)} before (from ${mib(limitOf(view, s))} it is told${view.hasHabits ? '' : `; no habits yet, ${view.peers} others are known`})`;
  }

  #judge(event: ApiEvent, at: number, caller: Caller, taker: Taker): Draft | undefined {
    const s = this.settings.of(event);
    const view = this.#view(event, at, caller, taker, s);
    const verdict = judgeExfiltration(view, s);
    // What was told stays in the window for two hours: it is no news before a good part of it is taken once more.
    if (!verdict || taker.sinceTold < verdict.limit / 4) {
      // of young callers no hour may be over yet
      if (!verdict && at > taker.heldUntil) this.#group(event).note(caller.key, view.bytes);
      return undefined;
    }
    if (view.bytes < verdict.limit * crawlerFactor(caller, s)) return undefined;
    if (verdict.byHabit && this.#isTheWay(event, taker, at, caller.key, s)) return undefined;
    taker.reportedAt = at;
    taker.sinceTold = 0;
    taker.heldUntil = at + 2 * HOUR_MS;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'data-exfiltration',
      version: DATA_EXFILTRATION_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: Math.max(taker.firstAt, at - HOUR_MS),
      observed: { metric: 'bytes answered', value: view.bytes, unit: 'bytes in 1 to 2 h' },
      expected: { low: 0, high: verdict.limit, mean: verdict.byHabit ? view.most : view.peersMost, n: taker.hours.filled, p: 1, warmUp: caller.warmUp }, // prettier-ignore
      explanation: `${entity.name} took ${mib(view.bytes)} MiB within one to two hours; ${verdict.byHabit ? `the most that it ever took in such a time was ${mib(view.most)} MiB, in ${taker.hours.filled} hours with traffic` : `it is known for ${((at - taker.firstAt) / HOUR_MS).toFixed(1)} h, and none of ${view.peers} others took more than ${mib(view.peersMost)} MiB`} (${mib(verdict.limit)} MiB would be let pass). This is how data leaves.`,
      evidence: taker.evidence,
      only: 'status >= 200 AND status < 300',
    });
  }

  /** Several others leapt at the endpoint that most of it comes from: that is how it is used now and then (a new phone, a first synchronisation). */
  #isTheWay(event: ApiEvent, taker: Taker, at: number, key: string, s: DataExfiltrationSettings): boolean {
    const place = `${groupNameOf(event)}|${taker.service}|${taker.template}`;
    const leaps = this.#leaps.getOrMake(place, () => ({ callers: new Set(), lastAt: at }));
    if (at - leaps.lastAt > LEAPS_MS) leaps.callers.clear();
    leaps.lastAt = Math.max(leaps.lastAt, at);
    if (leaps.callers.has(key)) return false;
    if (leaps.callers.size >= s.alike) return true;
    leaps.callers.add(key);
    return false;
  }

  #view(event: ApiEvent, at: number, caller: Caller, taker: Taker, s: DataExfiltrationSettings): ExfiltrationView {
    const group = this.#group(event);
    const exports = sumAt(taker.exports, at);
    const tookBefore = taker.exports.most > 0 || taker.exports.filled > 1;
    return {
      bytes: taker.hours.sum,
      most: taker.hours.most,
      hasHabits: this.#hasHabits(taker, at, s),
      hours: taker.hours.filled,
      given: taker.given === undefined ? 0 : sumAt(taker.given, at),
      quietHours: Math.max(0, Math.min(at, taker.loudAt) - taker.firstAt) / HOUR_MS,
      peersMost: group.mostBut(caller.key),
      peers: group.count - 1,
      sensitive: sumAt(taker.sensitive, at) > taker.hours.sum / 2,
      firstExports: tookBefore || caller.profile === undefined ? 0 : exports,
      answers: taker.work?.answers.sum ?? 0,
      made: taker.work === undefined ? 0 : overHabit(taker.work.made, at),
    };
  }

  #hasHabits(taker: Taker, at: number, s: DataExfiltrationSettings): boolean {
    return at - taker.firstAt >= s.habitHours * HOUR_MS && taker.hours.filled >= MIN_FILLED;
  }

  #group(event: ApiEvent): Peers {
    return this.#peers.getOrMake(groupNameOf(event), () => new Peers());
  }
}

const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0);

const crawlerFactor = ({ entity, agent }: Caller, s: DataExfiltrationSettings): number =>
  entity.kind === 'ip' && agent.kind === 'bot' ? s.crawlerFactor : 1;
