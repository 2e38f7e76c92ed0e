import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import type { AutomationSettings } from './automation.settings.ts';
import { GapStatistics } from './gap-statistics.ts';

export const AUTOMATION_VERSION = '1';

const MAX_ENDPOINTS = 2_000;
/** Gaps after which a caller that is no clock is taken for a person. */
const PERSON_GAPS = 20;
/** A gap that ends a row of them; ms. */
const PAUSE_MS = 600_000;
const TELL_AGAIN_MS = HOUR_MS;

interface Peers {
  readonly people: TermList;
  readonly clocks: TermList;
}

interface Ticker {
  readonly gaps: GapStatistics;
  reportedAt: number;
}

export class AutomationWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #tickers: BoundedMap<Ticker>;
  readonly #peers = new BoundedMap<Peers>(MAX_ENDPOINTS);

  constructor(private readonly deps: DetectorDeps<AutomationSettings>) {
    this.#tickers = new BoundedMap(Math.max(100, Math.floor(deps.maxCallers / 2)));
  }

  get evicted(): number {
    return this.#tickers.evicted + this.#peers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#tickers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { endpoint } = caller;
    if (endpoint === undefined || caller.profile === undefined) return undefined;
    const { traits } = caller;
    if (!traits.billing && !traits.auth) return undefined;
    const ticker = this.#tickers.get(`${caller.key}|${endpoint.id}`);
    if (ticker === undefined) {
      this.#tickers.set(`${caller.key}|${endpoint.id}`, made(at), caller.lane);
      return undefined;
    }
    const { gaps } = ticker;
    gaps.add(at, PAUSE_MS);
    if (gaps.n < PERSON_GAPS || gaps.n % PERSON_GAPS !== 0) return undefined;
    return this.#judge(event, at, caller, endpoint, ticker);
  }

  explain(_event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const gaps = caller.endpoint && this.#tickers.peek(`${caller.key}|${caller.endpoint.id}`)?.gaps;
    if (gaps === undefined || gaps.n < PERSON_GAPS) return undefined;
    return `${caller.entity.name} asks every ${(gaps.mean / 1000).toFixed(1)} s, give or take ${(gaps.variation * 100).toFixed(0)} %, ${gaps.n} times in a row.`;
  }

  #judge(event: ApiEvent, at: number, caller: Caller, endpoint: EndpointKnowledge, ticker: Ticker): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const { gaps } = ticker;
    const peers = this.#peers.getOrMake(`${event.tenant}|${endpoint.key}`, () => ({
      people: new TermList(64),
      clocks: new TermList(16),
    }));
    const term = CallerProfile.term(caller.key);
    const { variation } = gaps;
    if (variation >= settings.human) {
      peers.people.add(term, at);
      if (gaps.n >= 10 * PERSON_GAPS) gaps.restart();
      return undefined;
    }
    if (variation >= settings.regular || gaps.mean < settings.minGapMs) return undefined;
    peers.clocks.add(term, at);
    if (gaps.n < settings.gaps) return undefined;
    const others = peers.people.size - (peers.people.has(term) ? 1 : 0);
    if (others < settings.minPeople || peers.clocks.size > 1 || at - ticker.reportedAt < TELL_AGAIN_MS)
      return undefined;
    ticker.reportedAt = at;
    return finding(event, at, caller, gaps, others, settings);
  }
}

const made = (at: number): Ticker => ({ gaps: new GapStatistics(at), reportedAt: Number.NEGATIVE_INFINITY });

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
    severity: 'info',
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
