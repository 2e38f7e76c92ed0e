import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { isPrivate, parseCidr } from '@outrider/domain/traffic/ip-address';
import { hash32 } from '../../duplicates/hash64.ts';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, MINUTE_MS } from '../../windows/time.ts';
import { judgePrivileged, PRIVILEGED_PATH_PROBING_VERSION, privilegeOf, type Places, type Privilege } from './privileged-path-probing.detector.ts'; // prettier-ignore
import type { PrivilegedPathProbingSettings } from './privileged-path-probing.settings.ts';

const MAX_PATHS = 20_000;
const MAX_TRIED = 64;
/** More of them do not count: who looks for the manual tries several. */
const MAX_DOCUMENTS = 2;
const REACH_MS = 10 * MINUTE_MS;

/** What one caller tried. A place that it tries again and again, as a monitor does, is an old one and does not count. */
class Search {
  /** Refused places by hash of their template; without the two kinds below. */
  readonly tried = new TermList(MAX_TRIED);
  /** Those of them that honest clients ask for too. */
  readonly ordinary = new TermList(32);
  /** Descriptions of APIs among what was refused: people look for these too. */
  readonly documents = new TermList(16);
  readonly opened = new TermList(16);
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.tried.size + this.ordinary.size + this.documents.size;
  }

  of(privilege: Privilege): TermList {
    if (privilege === 'description') return this.documents;
    return privilege === 'ordinary' ? this.ordinary : this.tried;
  }
}

export class PrivilegedPathProbingWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  readonly #searches: BoundedMap<Search>;
  readonly #privileges = new Map<string, Privilege>();

  constructor(
    private readonly settings: Tuned<PrivilegedPathProbingSettings>,
    maxCallers: number,
  ) {
    this.#searches = new BoundedMap(maxCallers);
  }

  get evicted(): number {
    return this.#searches.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#searches.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#searches.forgetKeys(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { status } = event;
    if (status >= 400 && status !== 401 && status !== 403 && status !== 404 && status !== 405) return undefined;
    // a place that works belongs to the API: who may use it is function-level-abuse's question
    if (caller.endpoint !== undefined) return undefined;
    const privilege = this.#privilege(event);
    if (privilege === 'none') return undefined;
    return status < 300 ? this.#opened(event, at, caller, privilege) : this.#refused(event, at, caller, privilege);
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    const privilege = this.#privilege(event);
    if (privilege === 'none' || event.status < 200) return undefined;
    const search = this.#searches.peek(caller.key);
    return `a ${privilege} place by its words; ${search?.size ?? 0} such places were refused to this caller (${this.settings.of(event).distinct10m} different ones in 10 min are told, unless honest clients ask for all of them)`;
  }

  #privilege(event: ApiEvent): Privilege {
    const routed = event.routeId !== '' || event.serviceId !== '';
    const template = routed ? event.pathTemplate : `!${event.pathTemplate}`;
    let privilege = this.#privileges.get(template);
    if (privilege === undefined) {
      if (this.#privileges.size >= MAX_PATHS) this.#privileges.clear();
      privilege = privilegeOf(event.pathTemplate, routed);
      this.#privileges.set(template, privilege);
    }
    return privilege;
  }

  #refused(event: ApiEvent, at: number, caller: Caller, privilege: Privilege): Draft | undefined {
    const search = this.#searches.getOrMake(caller.key, fresh, caller.lane);
    const term = hash32(event.pathTemplate) || 1;
    const places = search.of(privilege);
    const before = places.lastAt(term);
    places.add(term, at);
    if (before === undefined || at - before > DAY_MS) search.evidence.add(event, at);
    if (search.size < 2) return undefined;
    return this.#judge(event, at, caller, search);
  }

  /** The first answer of a place that nobody used: it counts while its caller searches, and alone where it is a secret. */
  #opened(event: ApiEvent, at: number, caller: Caller, privilege: Privilege): Draft | undefined {
    if (event.answeredBy === 'kong' || isPage(event)) return undefined;
    const leaks = privilege === 'secret' || (privilege === 'diagnostics' && isStranger(event, caller));
    const search = leaks ? this.#searches.getOrMake(caller.key, fresh, caller.lane) : this.#searches.peek(caller.key);
    if (search === undefined) return undefined;
    search.opened.add(hash32(event.pathTemplate) || 1, at);
    search.evidence.add(event, at);
    return this.#judge(event, at, caller, search, leaks);
  }

  #judge(event: ApiEvent, at: number, caller: Caller, search: Search, leak = false): Draft | undefined {
    if (at < search.reportedAt + REPORT_EVERY_MS) return undefined;
    const s = this.settings.of(event);
    const opened = search.opened.joinedWithin(at - REACH_MS, at + 1);
    const verdict = judgePrivileged(placesIn(search, at, REACH_MS), placesIn(search, at, DAY_MS), opened, s);
    if (!verdict && !leak) return undefined;
    search.reportedAt = at;
    const { entity } = caller;
    const minutes = (verdict?.windowMs ?? REACH_MS) / MINUTE_MS;
    const distinct = verdict?.distinct ?? 1;
    return findingOf({
      event,
      entity,
      type: 'privileged-path-probing',
      version: PRIVILEGED_PATH_PROBING_VERSION,
      severity: leak ? 'high' : (verdict?.severity ?? 'medium'),
      confidence: verdict?.confidence ?? 0.8,
      at,
      from: at - (verdict?.windowMs ?? REACH_MS),
      observed: { metric: 'privileged places tried', value: distinct, unit: `in ${minutes} min` },
      expected: { low: 0, high: s.distinct10m, mean: 0, n: 0, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} tried ${distinct} different places that administer, debug, describe or give away a system within ${minutes} min (fewer than ${verdict?.limit ?? s.distinct10m} are let pass), none of which is part of this API${opened > 0 ? `; ${opened} of them answered` : ''}. This is how a way in is searched for.`,
      evidence: search.evidence,
      only: 'status IN (200, 401, 403, 404, 405)',
    });
  }
}

const placesIn = (search: Search, at: number, ms: number): Places => {
  const joined = (places: TermList): number => places.joinedWithin(at - ms, at + 1);
  const [strong, ordinary] = [joined(search.tried), joined(search.ordinary)];
  return { strong, ordinary, all: strong + ordinary + Math.min(MAX_DOCUMENTS, joined(search.documents)) };
};

/** Single-page applications answer everything with their start page. */
const isPage = (event: ApiEvent): boolean => event.responseContentType.includes('html');

/** Without a credential and from outside: no monitor of one's own. */
const isStranger = (event: ApiEvent, caller: Caller): boolean => {
  const range = parseCidr(event.clientIp);
  return caller.profile === undefined && range !== undefined && !isPrivate(range);
};

const fresh = (): Search => new Search();
