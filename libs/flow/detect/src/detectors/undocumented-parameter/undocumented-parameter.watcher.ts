import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { EndpointParameters } from './endpoint-parameters.ts';
import { weightOfName } from './parameter-names.ts';
import type { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';

export const UNDOCUMENTED_PARAMETER_VERSION = '1';

const MAX_ENDPOINTS = 20_000;
const MAX_SHOWN = 8;
const MINING_MS = 600_000;

/** What a caller tried within the hour. */
class Trier {
  since = Number.NEGATIVE_INFINITY;
  minedSince = Number.NEGATIVE_INFINITY;
  reportedAt = Number.NEGATIVE_INFINITY;
  readonly privileged = new Set<string>();
  readonly doubtful = new Set<string>();
  mined = 0;
  readonly evidence = new Evidence();

  renew(at: number): void {
    if (at - this.since > HOUR_MS) {
      this.since = at;
      this.privileged.clear();
      this.doubtful.clear();
    }
    if (at - this.minedSince > MINING_MS) {
      this.minedSince = at;
      this.mined = 0;
    }
  }
}

export class UndocumentedParameterWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  #parameters = new Map<number, EndpointParameters>();
  readonly #triers: BoundedMap<Trier>;
  #evicted = 0;

  constructor(private readonly deps: DetectorDeps<UndocumentedParameterSettings>) {
    this.#triers = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#evicted + this.#triers.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#triers.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { query } = event;
    const { endpoint } = caller;
    if (query === '' || endpoint === undefined) return undefined;
    const known = this.#of(endpoint.id);
    let found: Draft | undefined;
    for (let from = 0; from < query.length;) {
      let hash = 0x811c9dc5;
      let i = from;
      for (; i < query.length; i++) {
        const c = query.charCodeAt(i);
        if (c === 61 || c === 38) break;
        hash = Math.imul(hash ^ c, 0x01000193);
      }
      if (i > from && !known.has(hash))
        found = this.#meet(event, at, caller, endpoint, known, hash, query.slice(from, i)) ?? found;
      const next = query.indexOf('&', i);
      from = next === -1 ? query.length : next + 1;
    }
    return found;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const trier = event.query === '' ? undefined : this.#triers.peek(caller.key);
    if (trier === undefined || trier.privileged.size + trier.doubtful.size === 0) return undefined;
    const settings = this.deps.settings.of(event);
    return `${caller.entity.name} tried ${trier.privileged.size} new names that give rights (limit ${settings.privilegedNames}) and ${trier.doubtful.size} that may (limit ${settings.doubtfulNames}) within an hour.`;
  }

  #of(id: number): EndpointParameters {
    const known = this.#parameters.get(id);
    if (known !== undefined) return known;
    if (this.#parameters.size >= MAX_ENDPOINTS) {
      this.#evicted += this.#parameters.size;
      this.#parameters = new Map();
    }
    const made = new EndpointParameters();
    this.#parameters.set(id, made);
    return made;
  }

  /** A name that the endpoint was not asked with so far. Rare. */
  #meet(
    event: ApiEvent,
    at: number,
    caller: Caller,
    endpoint: EndpointKnowledge,
    known: EndpointParameters,
    hash: number,
    name: string,
  ): Draft | undefined {
    const settings = this.deps.settings.of(event);
    const weight = weightOfName(name);
    const good = event.status < 300;
    if (weight < 0 || endpoint.successes < settings.minSuccesses) {
      if (good) known.add(hash);
      return undefined;
    }
    if (known.isDynamic) return undefined;
    const trier = this.#triers.getOrMake(caller.key, () => new Trier(), caller.lane);
    trier.renew(at);
    if (weight === 0) {
      if (good) known.add(hash);
      known.bring(caller.key);
      if (endpoint.successes < settings.minedSuccesses) return undefined;
      trier.mined++;
    } else {
      if (!good || known.pend(hash, caller.key, settings.adoptedBy)) return undefined;
      const names = weight === 2 ? trier.privileged : trier.doubtful;
      if (names.size < MAX_SHOWN) names.add(name);
    }
    trier.evidence.add(event, at);
    if (at < trier.reportedAt + REPORT_EVERY_MS) return undefined;
    const tampers = trier.privileged.size >= settings.privilegedNames || trier.doubtful.size >= settings.doubtfulNames;
    if (!tampers && trier.mined < settings.minedNames) return undefined;
    trier.reportedAt = at;
    return tampers
      ? tampering(event, at, caller, endpoint, trier)
      : mining(event, at, caller, endpoint, trier, settings);
  }
}

const BASE = { type: 'undocumented-parameter', version: UNDOCUMENTED_PARAMETER_VERSION } as const;

const tampering = (event: ApiEvent, at: number, caller: Caller, endpoint: EndpointKnowledge, trier: Trier): Draft => {
  const names = [...trier.privileged, ...trier.doubtful];
  return findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: names.length >= 3 ? 'medium' : 'low',
    confidence: Math.min(0.92, 0.7 + 0.05 * (names.length - 1)),
    at,
    from: Math.min(at, trier.since),
    observed: { metric: 'new query names that give rights', value: names.length, unit: 'in 1 h' },
    expected: { low: 0, high: 0, mean: 0, n: endpoint.successes, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${names.join(', ')} to endpoints that never had these query names, ${endpointOf(event)} in ${endpoint.successes} good answers, and was answered 2xx. This is how somebody tries to be given rights or another price.`,
    evidence: trier.evidence,
    only: "query != ''",
  });
};

const mining = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  endpoint: EndpointKnowledge,
  trier: Trier,
  settings: UndocumentedParameterSettings,
): Draft =>
  findingOf({
    ...BASE,
    event,
    entity: caller.entity,
    severity: 'medium',
    confidence: 0.8,
    at,
    from: Math.min(at, trier.minedSince),
    observed: { metric: 'new query names', value: trier.mined, unit: 'in 10 min' },
    expected: { low: 0, high: settings.minedNames, mean: 0, n: endpoint.successes, p: 1, warmUp: caller.warmUp },
    explanation: `${caller.entity.name} sent ${trier.mined} query names within 10 min that their endpoints never had, ${endpointOf(event)} in ${endpoint.successes} good answers (fewer than ${settings.minedNames} are let pass). This is how hidden parameters are searched for.`,
    evidence: trier.evidence,
    only: "query != ''",
  });
