import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { REPORT_EVERY_MS } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { FEWEST_LONG_NAMES, type UndocumentedParameterSettings } from './undocumented-parameter.settings.ts';

const SEARCH_MS = 600_000;
/** Of about 20 KB at most, each for a caller that sends long queries to an endpoint. */
const MAX_SEARCHES = 1_000;
const MAX_NAMES = 512;
/** In an outline `a=1&` is the shortest that a parameter can be. */
const SHORTEST_PARAMETER = 4;
/** Of the names of one query, those that were never sent so far. */
const MOSTLY = 0.75;

/** The long queries that one caller sent to one endpoint within ten minutes. */
export class ParameterSearch {
  readonly names = new Set<number>();
  readonly evidence = new Evidence();
  /** Long queries most of whose names were new. */
  changed = 0;
  reportedAt = Number.NEGATIVE_INFINITY;

  constructor(readonly since: number) {}
}

/**
 * Searches for hidden parameters, told by their form: a form, an export or a beacon has the same names each time, however many they are, and a
 * search has others in each request. Needs no history.
 */
export class ParameterSearches {
  readonly #searches = new BoundedMap<ParameterSearch>(MAX_SEARCHES);
  /** Names of the query at hand. */
  readonly #sent = new Set<number>();

  get evicted(): number {
    return this.#searches.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#searches.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#searches.forgetKeys(callers);
  }

  /** The search that this request belongs to, once it is one and is due to be told. `isKnown`: the endpoint had the name before. */
  observe(
    event: ApiEvent,
    at: number,
    callerKey: string,
    lane: number,
    settings: UndocumentedParameterSettings,
    isKnown: (name: number) => boolean,
  ): ParameterSearch | undefined {
    namesIn(event.query, this.#sent);
    if (this.#sent.size < settings.longQueryNames) return undefined;
    const search = this.#of(`${callerKey} ${endpointOf(event)}`, at, lane);
    let fresh = 0;
    for (const name of this.#sent) {
      if (search.names.has(name)) continue;
      if (search.names.size < MAX_NAMES) search.names.add(name);
      // what there is no room to remember may have been sent before: it only goes on with a search that is told
      else if (search.reportedAt === Number.NEGATIVE_INFINITY) continue;
      if (!isKnown(name)) fresh++;
    }
    if (fresh < MOSTLY * this.#sent.size) return undefined;
    search.changed++;
    search.evidence.add(event, at);
    if (search.changed < settings.changingQueries || search.names.size < settings.changingNames) return undefined;
    if (at < search.reportedAt + REPORT_EVERY_MS) return undefined;
    search.reportedAt = at;
    return search;
  }

  #of(key: string, at: number, lane: number): ParameterSearch {
    const known = this.#searches.get(key);
    if (known !== undefined && at - known.since <= SEARCH_MS) return known;
    const made = new ParameterSearch(at);
    this.#searches.set(key, made, lane);
    return made;
  }
}

/** Cheap: asked of every query. */
export const mayBeLong = (query: string): boolean => query.length >= SHORTEST_PARAMETER * FEWEST_LONG_NAMES;

/**
 * Hashes of the names; of `columns[0][data]`, `ep.currency` and `filter:name` the part that stays the same. Without names with digits: rows, ids
 * and slots (`item17`, `v200`) are counted up by honest programs.
 */
const namesIn = (query: string, names: Set<number>): void => {
  names.clear();
  for (let from = 0; from < query.length;) {
    let hash = 0x811c9dc5;
    let isName = true;
    let isOver = false;
    let i = from;
    for (; i < query.length; i++) {
      const c = query.charCodeAt(i);
      if (c === EQUALS || c === AMPERSAND) break;
      if (c >= 48 && c <= 57 && !isOver) isName = false;
      else if (c === 91 || c === 46 || c === 58) isOver = true;
      if (!isOver) hash = Math.imul(hash ^ c, 0x01000193);
    }
    if (i > from && isName) names.add(hash);
    const next = query.indexOf('&', i);
    if (next === -1) return;
    from = next + 1;
  }
};

const EQUALS = 61;
const AMPERSAND = 38;
