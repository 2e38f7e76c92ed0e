import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { FirstPrivilege } from './first-privilege.ts';
import { PrivilegedFunctions } from './privileged-functions.ts';
import { Areas, type Area } from './areas.ts';
import { FUNCTION_LEVEL_ABUSE_VERSION, isRare, judgeFunction, type FunctionView } from './function-level-abuse.detector.ts'; // prettier-ignore
import type { FunctionLevelAbuseSettings } from './function-level-abuse.settings.ts';

/** Functions outside its own areas that a caller reached for, by hash of method and template. */
class Reach {
  readonly refused = new TermList(64);
  readonly opened = new TermList(64);
  /** Areas that opened to it for the first time amid an alert, until when they are none of its own: event time, ms. */
  readonly foreign = new Map<Area, number>();
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
}
const FOREIGN_FOR_MS = 12 * HOUR_MS;

export class FunctionLevelAbuseWatcher implements Watcher {
  readonly statusClasses = [2, 4] as const;
  readonly #areas = new Areas();
  readonly #reaches: BoundedMap<Reach>;
  readonly #functions = new PrivilegedFunctions();
  readonly #privilege: FirstPrivilege;

  constructor(
    private readonly settings: Tuned<FunctionLevelAbuseSettings>,
    private readonly knowledge: Pick<Knowledge, 'profiles'>,
    maxCallers: number,
  ) {
    this.#reaches = new BoundedMap(Math.max(100, Math.floor(maxCallers / 4)));
    this.#privilege = new FirstPrivilege(maxCallers);
  }

  get evicted(): number {
    return this.#reaches.evicted + this.#privilege.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#reaches.forgetLanes(lanes);
    this.#privilege.forgetLanes(lanes);
  }

  forget(gone: Forgotten): void {
    this.#reaches.forgetKeys(gone.callers);
    this.#privilege.forget(gone);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile, endpoint } = caller;
    const { status } = event;
    if (profile === undefined || status === 404 || (status >= 400 && !isRefusal(event))) return undefined;
    const isKnown = endpoint !== undefined && profile.endpoints.has(endpoint.id);
    if (isKnown && !this.#privilege.follows(caller.key)) return undefined;
    // the first use of this function by this caller, or the next of one that reaches for what it never had: rare
    const area = this.#areas.of(event);
    const term = CallerProfile.term(caller.key);
    const worked = status < 300;
    if (worked && at < area.firstAt) area.firstAt = at;
    const own = this.#isOwn(area, term, at, caller.key);
    const s = this.settings.of(event);
    const told = this.#privileged(event, at, caller, area, isKnown, s);
    if (told !== undefined || isKnown) return told;
    const users = area.users.size - (area.users.has(term) ? 1 : 0);
    const peers = this.knowledge.profiles - 1;
    if (worked) area.users.add(term, at);
    if (own || (!area.admin && !isRare({ users, peers }, s)) || (worked && users === 0 && !area.admin)) return undefined; // prettier-ignore
    const reach = this.#reaches.getOrMake(caller.key, fresh, caller.lane);
    const mark = hash32(`${event.method} ${event.pathTemplate}`) || 1;
    (worked ? reach.opened : reach.refused).add(mark, at);
    reach.evidence.add(event, at);
    const view: FunctionView = {
      worked,
      admin: area.admin,
      users,
      peers,
      areaHours: (at - area.firstAt) / HOUR_MS,
      callerHours: (at - profile.firstAt) / HOUR_MS,
      refused: reach.refused.joinedWithin(at - HOUR_MS, at + 1),
      opened: reach.opened.joinedWithin(at - HOUR_MS, at + 1),
    };
    const verdict = judgeFunction(view, s);
    if (!verdict) return undefined;
    if (worked) reach.foreign.set(area, at + FOREIGN_FOR_MS);
    if (at < reach.reportedAt + REPORT_EVERY_MS) return undefined;
    reach.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'function-level-abuse',
      version: FUNCTION_LEVEL_ABUSE_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - HOUR_MS,
      observed: { metric: 'functions of others', value: verdict.value, unit: 'in 1 h' },
      expected: { low: 0, high: verdict.limit, mean: 0, n: peers, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name} reached for ${view.refused + view.opened} functions of ${area.name} within an hour, which it never used before and ${users} of ${peers} other consumers use; ${view.refused} were refused and ${view.opened} answered (last: ${event.method} ${event.pathTemplate}, ${status}). This is how somebody tries what only others may.`,
      evidence: reach.evidence,
      only: 'status IN (200, 201, 202, 204, 401, 403, 405)',
    });
  }

  /** Functions that only few may use, whatever their area. */
  #privileged(
    event: ApiEvent,
    at: number,
    caller: Caller,
    area: Area,
    isKnown: boolean,
    s: FunctionLevelAbuseSettings,
  ): Draft | undefined {
    const { profile, endpoint } = caller;
    if (profile === undefined) return undefined;
    const kind = this.#functions.of(event, area.admin);
    let found: Draft | undefined;
    if (kind !== undefined) {
      const callers = kind === 'admin' ? area.users : endpoint?.callers;
      const users = callers === undefined ? 0 : callers.size - (callers.has(CallerProfile.term(caller.key)) ? 1 : 0);
      const established = users > 0 && endpoint !== undefined && at - endpoint.firstAt >= s.adminHours * HOUR_MS;
      const isTask = users > 0 && (endpoint?.authenticated ?? 0) >= s.taskUses * users;
      found = this.#privilege.reach(
        event,
        at,
        caller,
        profile,
        kind,
        { users, peers: this.knowledge.profiles - 1, established, isTask },
        s,
      );
    }
    if (!isKnown) this.#privilege.meet(event, caller, kind);
    return found;
  }

  /** Answered before the last hour, and not first amid an alert. */
  #isOwn(area: Area, term: number, at: number, key: string): boolean {
    const since = area.users.firstAt(term);
    if (since === undefined || since > at - HOUR_MS) return false;
    return at > (this.#reaches.peek(key)?.foreign.get(area) ?? Number.NEGATIVE_INFINITY);
  }

  explain(event: ApiEvent, _at: number, caller: Caller): string | undefined {
    if (caller.profile === undefined) return undefined;
    const area = this.#areas.of(event);
    if (!area.admin && area.users.has(CallerProfile.term(caller.key))) return undefined;
    const reach = this.#reaches.peek(caller.key);
    return `${area.name} answered ${area.users.size} of ${this.knowledge.profiles} consumers so far${area.admin ? ' and administers by its words' : ''}; ${reach?.refused.size ?? 0} functions outside its own areas were refused to this caller`;
  }
}

const isRefusal = (event: ApiEvent): boolean =>
  event.status === 403 || event.status === 405 || (event.status === 401 && event.answeredBy === 'upstream');

const fresh = (): Reach => new Reach();
