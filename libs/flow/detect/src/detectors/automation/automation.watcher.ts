import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import type { AutomationSettings } from './automation.settings.ts';
import { GapStatistics } from './gap-statistics.ts';

export const AUTOMATION_VERSION = '2';

const MAX_ENDPOINTS = 2_000;
/** Gaps after which a caller's gaps are looked at, and again after as many. */
const LOOK_EVERY = 20;
/** Sessions are short: a person shows by how uneven few gaps are, or by pauses that no timetable makes. */
const PERSON_GAPS = 5;
const PERSON_PAUSES = 3;
/** Coefficient of variation from which on pauses are no timetable's. */
const UNEVEN_PAUSES = 0.25;
/** A gap that ends a row of them; ms. */
const PAUSE_MS = 600_000;
const TELL_AGAIN_MS = HOUR_MS;
/** Times `gaps` from which on it is no hint any more. */
const SURE_TIMES = 3;

/** One caller at one endpoint. */
interface Ticker {
  readonly gaps: GapStatistics;
  reportedAt: number;
}

/** One caller on its way through the steps of a route: within a session, and between sessions. */
interface Walker {
  readonly gaps: GapStatistics;
  readonly pauses: GapStatistics;
  /** Already counted among the people of its route. */
  person: boolean;
}

export class AutomationWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #tickers: BoundedMap<Ticker>;
  readonly #walkers: BoundedMap<Walker>;
  /** By route: those who go through its steps as people do. */
  readonly #people = new BoundedMap<TermList>(MAX_ENDPOINTS);
  /** By endpoint. */
  readonly #clocks = new BoundedMap<TermList>(MAX_ENDPOINTS);

  constructor(private readonly deps: DetectorDeps<AutomationSettings>) {
    this.#tickers = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 2)));
    this.#walkers = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 4)));
  }

  get evicted(): number {
    return this.#tickers.evicted + this.#walkers.evicted + this.#people.evicted + this.#clocks.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#tickers.forgetLanes(lanes);
    this.#walkers.forgetLanes(lanes);
  }

  forget({ callers, endpoints }: Forgotten): void {
    this.#tickers.forgetParts(callers);
    this.#walkers.forgetParts(callers);
    this.#clocks.forgetKeys(endpoints);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint === undefined || caller.profile === undefined) return undefined;
    const { traits } = caller;
    if (!traits.billing && !traits.auth) return undefined;
    this.#walk(event, at, caller);
    const ticker = this.#tickers.get(`${caller.key}|${endpoint.id}`);
    if (ticker === undefined) {
      this.#tickers.set(`${caller.key}|${endpoint.id}`, made(at), caller.lane);
      return undefined;
    }
    const { gaps } = ticker;
    gaps.add(at, PAUSE_MS);
    if (gaps.n < LOOK_EVERY || gaps.n % LOOK_EVERY !== 0) return undefined;
    return this.#judge(event, at, caller, endpoint, ticker);
  }

  explain(_event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const gaps = caller.endpoint && this.#tickers.peek(`${caller.key}|${caller.endpoint.id}`)?.gaps;
    if (gaps === undefined || gaps.n < LOOK_EVERY) return undefined;
    return `${caller.entity.name} asks every ${(gaps.mean / 1000).toFixed(1)} s, give or take ${(gaps.variation * 100).toFixed(0)} %, ${gaps.n} times in a row.`;
  }

  #walk(event: ApiEvent, at: number, caller: Caller): void {
    const route = routeOf(event);
    const walker = this.#walkers.getOrMake(
      `${caller.key}|${route}`,
      () => ({ gaps: new GapStatistics(at), pauses: new GapStatistics(at), person: false }),
      caller.lane,
    );
    if (walker.person) return;
    const { gaps, pauses } = walker;
    const before = gaps.lastAt;
    if (at === before) return;
    if (gaps.add(at, PAUSE_MS) === 'pause') {
      pauses.lastAt = before;
      pauses.add(at, Infinity);
    }
    const uneven = gaps.n >= PERSON_GAPS && gaps.variation >= this.deps.settings.of(event).human;
    if (!uneven && (pauses.n < PERSON_PAUSES || pauses.variation < UNEVEN_PAUSES)) return;
    walker.person = true;
    this.#people.getOrMake(route, () => new TermList(64)).add(CallerProfile.term(caller.key), at);
  }

  #judge(event: ApiEvent, at: number, caller: Caller, endpoint: EndpointKnowledge, ticker: Ticker): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const { gaps } = ticker;
    const { variation } = gaps;
    if (variation >= settings.human) {
      if (gaps.n >= 10 * LOOK_EVERY) gaps.restart();
      return undefined;
    }
    if (variation >= settings.regular || gaps.mean < settings.minGapMs || gaps.mean > settings.maxGapMs)
      return undefined;
    const term = CallerProfile.term(caller.key);
    const clocks = this.#clocks.getOrMake(endpoint.key, () => new TermList(16));
    clocks.add(term, at);
    if (gaps.n < settings.gaps) return undefined;
    const people = this.#people.get(routeOf(event));
    const others = (people?.size ?? 0) - (people?.has(term) === true ? 1 : 0);
    if (others < settings.minPeople || clocks.size > 1 || at - ticker.reportedAt < TELL_AGAIN_MS) return undefined;
    ticker.reportedAt = at;
    return finding(event, at, caller, gaps, others, settings);
  }
}

const made = (at: number): Ticker => ({ gaps: new GapStatistics(at), reportedAt: Number.NEGATIVE_INFINITY });

const routeOf = (event: ApiEvent): string => `${event.tenant}|${event.serviceId}|${event.routeId}`;

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  gaps: GapStatistics,
  people: number,
  settings: AutomationSettings,
): Draft => {
  const evidence = new Evidence();
  evidence.add(event, at);
  return findingOf({
    event,
    entity: caller.entity,
    type: 'automation',
    version: AUTOMATION_VERSION,
    severity: gaps.n >= SURE_TIMES * settings.gaps ? 'low' : 'info',
    confidence: 0.6,
    at,
    from: at - gaps.n * gaps.mean,
    observed: {
      metric: 'variation of the gaps',
      value: Math.round(gaps.variation * 1000) / 1000,
      unit: `over ${gaps.n} gaps`,
    },
    expected: { low: settings.human, high: 10, mean: 1, n: people, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} asks ${endpointOf(event)} every ${(gaps.mean / 1000).toFixed(1)} s, ${gaps.n} times in a row with a spread of ${(gaps.variation * 100).toFixed(1)} % (below ${settings.regular * 100} % is clockwork), where ${people} others ask as people do. A programme is at work.`,
    evidence,
  });
};
