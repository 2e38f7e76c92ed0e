import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { hash32 } from '../../duplicates/hash64.ts';
import { KnownSet } from '../../duplicates/known-set.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller } from '../../engine/watcher.ts';
import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { EndpointKnowledge } from '../../knowledge/endpoint-knowledge.ts';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { FUNCTION_LEVEL_ABUSE_VERSION } from './function-level-abuse.detector.ts';
import type { FunctionLevelAbuseSettings } from './function-level-abuse.settings.ts';
import { isStaff, isWriting, type Privilege } from './privileged-functions.ts';

/** Callers, 16 bytes each. */
const MAX_HOLDERS = 500_000;
const MAX_ENDPOINTS = 20_000;
/** What a caller does after that is its habit; ms. */
const SUSPECT_MS = 6 * HOUR_MS;
/** Part of its endpoints that an ordinary caller has in common with others. */
const SHARED = 0.8;

/** What one use of a function is worth; each further object that it is used on is worth one. */
const WEIGHT: Readonly<Record<Privilege, number>> = { admin: 2, rights: 2, people: 1, action: 1 };

/** Worth of the first where others do it as their task. */
const TASK = 2;

/** A caller that never had privileges, and what it reaches for now. */
class Suspect {
  readonly functions = new Map<number, Privilege>();
  readonly objects = new TermList(64);
  readonly refused = new TermList(64);
  readonly refusedObjects = new TermList(64);
  readonly evidence = new Evidence();
  reportedAt = Number.NEGATIVE_INFINITY;
  /** Removed or gave rights where that is the task of few. */
  tookTask = false;

  constructor(readonly since: number) {}

  /** Worth of what was answered. */
  get points(): number {
    const further = Math.max(0, this.objects.size - this.functions.size);
    let points = further + (this.tookTask ? TASK : 0);
    let removes = false;
    for (const kind of this.functions.values()) {
      points += WEIGHT[kind];
      if (kind === 'people') removes = true;
    }
    // one account may be its own, two are not
    return removes && further > 0 ? points + 1 : points;
  }
}

/** Of the function at hand: how many others ever used it (or its area), and how many others there are. */
export interface Company {
  readonly users: number;
  readonly peers: number;
  /** Others use it for a day and more: it is no feature that has just come. */
  readonly established: boolean;
  /** Few others use it, and again and again: it is their task, and nobody's own account. */
  readonly isTask: boolean;
}

/**
 * Callers that did without privileged functions for days, or in a short log for half an hour, while others share what they use; and then
 * administer, give rights, remove accounts or decide what staff decides. Who does so from the beginning holds the privilege.
 */
export class FirstPrivilege {
  readonly #holders = new KnownSet(MAX_HOLDERS);
  readonly #writers = new KnownSet(MAX_HOLDERS);
  /** With the collection that they made something in: what they remove there may be that. */
  readonly #creators = new KnownSet(MAX_HOLDERS);
  readonly #suspects: BoundedMap<Suspect>;
  readonly #endpoints = new Map<number, EndpointKnowledge>();

  constructor(maxCallers: number) {
    this.#suspects = new BoundedMap(Math.max(100, Math.floor(maxCallers / 16)));
  }

  get evicted(): number {
    return this.#suspects.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#suspects.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#suspects.forgetKeys(callers);
  }

  /** Whether what the caller does again is of interest; asked of every event. */
  follows(key: string): boolean {
    return this.#suspects.size > 0 && this.#suspects.peek(key) !== undefined;
  }

  /** The caller's first use of a function, of any. */
  meet(event: ApiEvent, caller: Caller, kind: Privilege | undefined): void {
    const { endpoint } = caller;
    if (endpoint !== undefined && this.#endpoints.size < MAX_ENDPOINTS) this.#endpoints.set(endpoint.id, endpoint);
    if (event.status >= 300) return;
    if (kind === undefined && isWriting(event)) this.#writers.add(caller.key);
    if (event.method === 'POST') this.#creators.add(`${caller.key}|${event.pathTemplate}`);
  }

  /** A privileged function was answered or refused. */
  reach(
    event: ApiEvent,
    at: number,
    caller: Caller,
    profile: CallerProfile,
    kind: Privilege,
    company: Company,
    s: FunctionLevelAbuseSettings,
  ): Draft | undefined {
    if (this.#holders.has(caller.key) || (kind === 'people' && this.#creates(event, caller))) return undefined;
    let suspect = this.#suspects.peek(caller.key);
    const worked = event.status < 300;
    if (suspect !== undefined && at - suspect.since > SUSPECT_MS) {
      this.#suspects.delete(caller.key);
      if (suspect.functions.size > 0) {
        this.#holders.add(caller.key);
        return undefined;
      }
      suspect = undefined;
    }
    if (suspect === undefined) {
      const few = company.peers >= s.privilegePeers && company.users <= Math.max(1, s.rareShare * company.peers);
      if (worked && (!few || !this.#isKnown(at, profile, s) || isStaff(event))) {
        this.#holders.add(caller.key);
        return undefined;
      }
      if (!few || isStaff(event)) return undefined;
      suspect = this.#suspects.getOrMake(caller.key, () => new Suspect(at), caller.lane);
    }
    const mark = hash32(`${event.method} ${event.pathTemplate}`) || 1;
    const object = hash32(`${event.method} ${event.path}`) || 1;
    if (worked) {
      if (company.isTask && (kind === 'people' || kind === 'rights')) suspect.tookTask = true;
      if (suspect.functions.size < 64) suspect.functions.set(mark, kind);
      if (event.method !== 'GET' || !suspect.functions.has(mark)) suspect.objects.add(object, at);
    } else {
      suspect.refused.add(mark, at);
      if (event.method !== 'GET') suspect.refusedObjects.add(object, at);
    }
    suspect.evidence.add(event, at);
    if (at < suspect.reportedAt + REPORT_EVERY_MS) return undefined;
    const severity = this.#judge(at, caller, profile, suspect, company.established, s);
    if (severity === undefined) return undefined;
    suspect.reportedAt = at;
    return finding(event, at, caller, profile, suspect, company, severity);
  }

  #creates(event: ApiEvent, caller: Caller): boolean {
    return this.#creators.has(`${caller.key}|${event.pathTemplate.slice(0, event.pathTemplate.lastIndexOf('/'))}`);
  }

  /** Long enough without a privilege for the first to be news. */
  #isKnown(at: number, profile: CallerProfile, s: FunctionLevelAbuseSettings): boolean {
    return at - profile.firstAt >= s.shortMinutes * MINUTE_MS && profile.requests >= s.shortRequests && this.#isOrdinary(profile); // prettier-ignore
  }

  #isOrdinary({ endpoints }: CallerProfile): boolean {
    let shared = 0;
    for (const id of endpoints.terms()) if ((this.#endpoints.get(id)?.callers.size ?? 0) >= 2) shared++;
    return endpoints.size > 0 && shared >= SHARED * endpoints.size;
  }

  #judge(
    at: number,
    caller: Caller,
    profile: CallerProfile,
    suspect: Suspect,
    established: boolean,
    s: FunctionLevelAbuseSettings,
  ): 'medium' | 'high' | undefined {
    const kinds = new Set(suspect.functions.values());
    const settled = at - profile.firstAt >= s.readerHours * HOUR_MS && profile.requests >= s.readerRequests;
    const isPerson = caller.agent.kind === 'browser';
    // people administer with browsers, and in a short log it is not known who may
    const isDecision = kinds.size === 1 && kinds.has('action');
    // a decision alone may be everybody's from now on
    const tells = isDecision ? settled && (established || suspect.functions.size > 1) : settled || !isPerson;
    if (suspect.functions.size > 0 && tells) {
      const writes = kinds.has('admin') || kinds.has('rights') || !this.#writers.has(caller.key) ? 0 : 1;
      const limit = s.privilege + (settled ? 0 : 1) + (isPerson ? 1 : 0) + writes;
      if (suspect.points >= limit) return suspect.points > limit || kinds.has('admin') || kinds.has('rights') ? 'high' : 'medium'; // prettier-ignore
    }
    const since = at - HOUR_MS;
    const refused = suspect.refused.joinedWithin(since, at + 1);
    const objects = suspect.refusedObjects.joinedWithin(since, at + 1);
    return refused >= s.refused || objects >= s.refusedObjects ? 'medium' : undefined;
  }
}

const finding = (
  event: ApiEvent,
  at: number,
  caller: Caller,
  profile: CallerProfile,
  suspect: Suspect,
  { users, peers }: Company,
  severity: 'medium' | 'high',
): Draft => {
  const { entity } = caller;
  const answered = suspect.functions.size;
  return findingOf({
    event,
    entity,
    type: 'function-level-abuse',
    version: FUNCTION_LEVEL_ABUSE_VERSION,
    severity,
    confidence: severity === 'high' ? 0.85 : 0.8,
    at,
    from: suspect.since,
    observed: {
      metric: 'privileged functions reached for',
      value: answered + suspect.refused.size,
      unit: 'since the first',
    },
    expected: { low: 0, high: 0, mean: 0, n: profile.requests, p: 1, warmUp: caller.warmUp },
    explanation: `${entity.name}, which in ${profile.requests} requests never did what only few may, reached for what administers, gives rights, removes accounts or decides what staff decides: functions answered ${answered} (different objects ${suspect.objects.size}), refused ${suspect.refused.size} (different objects ${suspect.refusedObjects.size}; last: ${endpointOf(event)}, ${event.status}); ${users} of ${peers} other consumers use it. This is how somebody tries what only others may.`,
    evidence: suspect.evidence,
    only: 'status IN (200, 201, 202, 204, 401, 403, 405)',
  });
};
