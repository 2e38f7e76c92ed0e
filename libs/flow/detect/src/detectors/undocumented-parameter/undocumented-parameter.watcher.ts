import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps } from '../../engine/detector.ts';
import { REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { EndpointParameters } from './endpoint-parameters.ts';
import { mining, searching, tampering, trying } from './parameter-findings.ts';
import { asksForRights, isListOfPeople, isSingle, isTriedOut, weightOfName } from './parameter-names.ts';
import { mayBeLong, ParameterSearches } from './parameter-search.ts';
import { Trier } from './trier.ts';
import type { UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';
import { kindOfValue } from './value-kind.ts';

const MAX_ENDPOINTS = 20_000;
const MAX_SHOWN = 8;
/** Whole numbers that a parameter must have had, and nothing else, to be one that takes numbers. */
const NUMBERS_KNOWN = 100;
/** Names of one query that are looked at for repetition; the first so many. */
const MAX_REPEATABLE = 16;

/** What one request did with one parameter. */
interface Use {
  readonly event: ApiEvent;
  readonly at: number;
  readonly caller: Caller;
  readonly endpoint: EndpointKnowledge;
  readonly known: EndpointParameters;
  readonly hash: number;
  readonly name: string;
  readonly value: string;
}

export class UndocumentedParameterWatcher implements Watcher {
  readonly statusClasses = [2, 3, 4, 5] as const;
  #parameters = new Map<number, EndpointParameters>();
  readonly #triers: BoundedMap<Trier>;
  readonly #searches = new ParameterSearches();
  readonly #hashes = new Int32Array(MAX_REPEATABLE);
  #evicted = 0;

  constructor(private readonly deps: DetectorDeps<UndocumentedParameterSettings>) {
    this.#triers = new BoundedMap(deps.maxCallers);
  }

  get evicted(): number {
    return this.#evicted + this.#triers.evicted + this.#searches.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#triers.forgetLanes(lanes);
    this.#searches.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#triers.forgetKeys(gone.callers);
    this.#searches.forget(gone);
    for (const id of gone.endpointIds) this.#parameters.delete(id);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    if (event.query === '') return undefined;
    const known = caller.endpoint === undefined ? undefined : this.#of(caller.endpoint.id);
    const search = this.#search(event, at, caller, known);
    // where a redirection leads to, its parameters say nothing of this endpoint
    if (known === undefined || caller.endpoint === undefined || (event.status >= 300 && event.status < 400))
      return search;
    const found = this.#names(event, at, caller, caller.endpoint, known);
    return search ?? found;
  }

  #names(
    event: ApiEvent,
    at: number,
    caller: Caller,
    endpoint: EndpointKnowledge,
    known: EndpointParameters,
  ): Draft | undefined {
    const { query } = event;
    let found: Draft | undefined;
    let count = 0;
    for (let from = 0; from < query.length;) {
      let hash = 0x811c9dc5;
      let i = from;
      for (; i < query.length; i++) {
        const c = query.charCodeAt(i);
        if (c === 61 || c === 38) break;
        hash = Math.imul(hash ^ c, 0x01000193);
      }
      const next = query.indexOf('&', i);
      const end = next === -1 ? query.length : next;
      if (i > from) {
        const numbers = known.numbersOf(hash);
        const repeats = this.#isRepeated(hash, count) && !known.repeats(hash);
        const kind = numbers === undefined || numbers < 0 ? 'none' : kindOfValue(query, i + 1, end);
        const isNews = kind === 'other' || (kind === 'number' && (numbers ?? 0) < NUMBERS_KNOWN);
        if (numbers === undefined || isNews || repeats) {
          const name = query.slice(from, i);
          const use: Use = { event, at, caller, endpoint, known, hash, name, value: query.slice(i + 1, end) };
          if (numbers === undefined) found = this.#meet(use) ?? found;
          else if (isNews) found = this.#number(use, kind === 'number', numbers) ?? found;
          if (repeats) found = this.#repeated(use) ?? found;
        }
        if (count < MAX_REPEATABLE) this.#hashes[count++] = hash;
      }
      from = end + 1;
    }
    return found;
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const trier = event.query === '' ? undefined : this.#triers.peek(caller.key);
    if (trier === undefined || trier.privileged.size + trier.doubtful.size + trier.odd.size === 0) return undefined;
    const settings = this.deps.settings.of(event);
    return `${caller.entity.name} tried ${trier.privileged.size} new names that give rights (limit ${settings.privilegedNames}), ${trier.doubtful.size} that may (limit ${settings.doubtfulNames}) and ${trier.odd.size} other new uses of parameters within an hour.`;
  }

  /** Long queries with other names each time. Before the names are learned. */
  #search(event: ApiEvent, at: number, caller: Caller, known: EndpointParameters | undefined): Draft | undefined {
    if (!mayBeLong(event.query)) return undefined;
    const settings = this.deps.settings.of(event);
    const names = known?.isDynamic === true ? undefined : known;
    const isKnown = (name: number): boolean => names?.numbersOf(name) !== undefined;
    const search = this.#searches.observe(event, at, caller.key, caller.lane, settings, isKnown);
    if (search === undefined || known?.isChanging(caller.key, settings.adoptedBy) === true) return undefined;
    return searching(event, at, caller, search, settings);
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

  #isRepeated(hash: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.#hashes[i] === hash) return true;
    return false;
  }

  /** A name that the endpoint was not asked with so far. Rare. */
  #meet(use: Use): Draft | undefined {
    const { event, at, caller, endpoint, known, hash, name, value } = use;
    const settings = this.deps.settings.of(event);
    const weight = weightOfName(name);
    const good = event.status < 300;
    const rights = weight > 0 && (weight === 2 || asksForRights(name, value));
    const asks = rights && !searchesPeople(event, name);
    const isKnown =
      endpoint.successes >= settings.minSuccesses ||
      (asks && endpoint.successes >= settings.rightsSuccesses && isShared(endpoint, settings.rightsCallers));
    if (weight < 0 || !isKnown) {
      if (good) known.add(hash, isNumber(value));
      return undefined;
    }
    if (known.isDynamic) return undefined;
    const trier = this.#triers.getOrMake(caller.key, () => new Trier(), caller.lane);
    trier.renew(at);
    if (weight === 0) {
      if (good) known.add(hash, isNumber(value));
      known.bring(caller.key);
      if (endpoint.successes < settings.minedSuccesses) return undefined;
      trier.mined++;
    } else {
      if (!good || known.pend(hash, caller.key, settings.adoptedBy)) return undefined;
      const names = asks ? trier.privileged : trier.doubtful;
      if (names.size < MAX_SHOWN) names.add(name);
      if ((isTriedOut(name) || rights) && endpoint.successes >= settings.settledSuccesses)
        trier.count(`the new name ${name}`);
    }
    return this.#judge(use, trier, settings);
  }

  /** A parameter that had whole numbers so far. */
  #number(use: Use, isNumber: boolean, numbers: number): Draft | undefined {
    const { event, caller, endpoint, known, hash, name, at } = use;
    const good = event.status < 300;
    if (numbers < NUMBERS_KNOWN) {
      if (good && isNumber) known.count(hash, numbers + 1);
      else if (good) known.mix(hash);
      return undefined;
    }
    const settings = this.deps.settings.of(event);
    // a refused one is the application's own care, and injections have a detector of their own
    if ((event.status >= 400 && event.status < 500) || event.attacks !== '') return undefined;
    if (endpoint.successes < settings.settledSuccesses || !isShared(endpoint, settings.rightsCallers)) return undefined;
    if (known.isOwn(hash ^ 0x5bd1e995, caller.key, settings.adoptedBy)) {
      known.mix(hash);
      return undefined;
    }
    return this.#odd(use, `a text for the number ${name}`, at, settings);
  }

  /** One name twice in a query, where it never was. */
  #repeated(use: Use): Draft | undefined {
    const { event, at, caller, endpoint, known, hash, name } = use;
    const settings = this.deps.settings.of(event);
    if (event.status >= 300) return undefined;
    if (!isSingle(name) || endpoint.successes < settings.settledSuccesses || known.isDynamic) {
      known.addRepeated(hash);
      return undefined;
    }
    if (known.isOwn(hash ^ 0x1b873593, caller.key, settings.adoptedBy)) {
      known.addRepeated(hash);
      return undefined;
    }
    return this.#odd(use, `${name} more than once`, at, settings);
  }

  #odd(use: Use, what: string, at: number, settings: UndocumentedParameterSettings): Draft | undefined {
    const trier = this.#triers.getOrMake(use.caller.key, () => new Trier(), use.caller.lane);
    trier.renew(at);
    trier.count(what);
    return this.#judge(use, trier, settings);
  }

  #judge(use: Use, trier: Trier, settings: UndocumentedParameterSettings): Draft | undefined {
    const { event, at, caller, endpoint } = use;
    trier.evidence.add(event, at);
    const mines = trier.mined >= settings.minedNames;
    if (mines && !trier.isMiningTold) {
      trier.isMiningTold = true;
      trier.reportedAt = at;
      return mining(event, at, caller, endpoint, trier, settings);
    }
    if (at < trier.reportedAt + REPORT_EVERY_MS) return undefined;
    const tampers = trier.privileged.size >= settings.privilegedNames || trier.doubtful.size >= settings.doubtfulNames;
    const tries = Math.max(0, ...trier.odd.values()) >= settings.tries;
    if (!tampers && !tries && !mines) return undefined;
    trier.reportedAt = at;
    if (tampers) return tampering(event, at, caller, endpoint, trier);
    return tries ? trying(event, at, caller, endpoint, trier, settings) : mining(event, at, caller, endpoint, trier, settings); // prettier-ignore
  }
}

/** Several callers use it: no tool of one of them. */
const isShared = (endpoint: EndpointKnowledge, callers: number): boolean =>
  endpoint.callers.size >= callers || endpoint.anonymous >= callers;

/** `GET /users?role=admin` looks for administrators. */
const searchesPeople = (event: ApiEvent, name: string): boolean =>
  (event.method === 'GET' || event.method === 'HEAD') && isListOfPeople(event.pathTemplate) && !/admin/i.test(name);

const isNumber = (value: string): boolean => kindOfValue(value, 0, value.length) === 'number';
