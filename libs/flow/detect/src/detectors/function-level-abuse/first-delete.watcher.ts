import { endpointOf, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { KnownSet } from '../../duplicates/known-set.ts';
import type { Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Forgotten } from '../../engine/forgotten.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { HOUR_MS } from '../../windows/time.ts';
import { FUNCTION_LEVEL_ABUSE_VERSION, isRare } from './function-level-abuse.detector.ts';
import { isWriting } from './privileged-functions.ts';
import type { FunctionLevelAbuseSettings } from './function-level-abuse.settings.ts';

/** Callers that ever wrote; 16 bytes each. */
const MAX_WRITERS = 500_000;
/** How long the deletions of who never wrote before are watched; ms. */
const WATCHED_MS = 24 * HOUR_MS;

interface Deleter {
  readonly since: number;
  readonly evidence: Evidence;
  deleted: number;
  reportedAt: number;
}

/** A caller that has only ever read, and then deletes where hardly anybody but an administrator does, and is let. */
export class FirstDeleteWatcher implements Watcher {
  readonly statusClasses = [2] as const;
  readonly #writers = new KnownSet(MAX_WRITERS);
  readonly #deleters: BoundedMap<Deleter>;

  constructor(
    private readonly settings: Tuned<FunctionLevelAbuseSettings>,
    private readonly knowledge: Pick<Knowledge, 'profiles'>,
    maxCallers: number,
  ) {
    this.#deleters = new BoundedMap(Math.max(100, Math.floor(maxCallers / 16)));
  }

  get evicted(): number {
    return this.#deleters.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#deleters.forgetLanes(lanes);
  }

  forget({ callers }: Forgotten): void {
    this.#deleters.forgetKeys(callers);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { method } = event;
    if (method === 'GET' || method === 'HEAD' || caller.profile === undefined || !isWriting(event)) return undefined;
    const known = this.#deleters.peek(caller.key);
    if (known === undefined || at - known.since > WATCHED_MS) {
      if (this.#writers.has(caller.key)) return undefined;
      this.#writers.add(caller.key);
    }
    return method === 'DELETE' ? this.#deleted(event, at, caller, caller.profile) : undefined;
  }

  #deleted(event: ApiEvent, at: number, caller: Caller, profile: CallerProfile): Draft | undefined {
    const { endpoint } = caller;
    const s = this.settings.of(event);
    if (
      endpoint === undefined ||
      at - endpoint.firstAt < s.adminHours * HOUR_MS ||
      endpoint.authenticated < s.deletions
    )
      return undefined;
    const users = endpoint.callers.size - (endpoint.callers.has(CallerProfile.term(caller.key)) ? 1 : 0);
    const peers = this.knowledge.profiles - 1;
    if (users === 0 || !isRare({ users, peers }, s)) return undefined;
    if (at - profile.firstAt < s.readerHours * HOUR_MS || profile.requests < s.readerRequests) return undefined;
    const deleter = this.#deleters.getOrMake(
      caller.key,
      () => ({ since: at, evidence: new Evidence(), deleted: 0, reportedAt: Number.NEGATIVE_INFINITY }),
      caller.lane,
    );
    deleter.deleted++;
    deleter.evidence.add(event, at);
    if (at < deleter.reportedAt + REPORT_EVERY_MS) return undefined;
    deleter.reportedAt = at;
    const { entity } = caller;
    return findingOf({
      event,
      entity,
      type: 'function-level-abuse',
      version: FUNCTION_LEVEL_ABUSE_VERSION,
      severity: deleter.deleted >= s.deletions ? 'high' : 'medium',
      confidence: deleter.deleted >= s.deletions ? 0.85 : 0.75,
      at,
      from: deleter.since,
      observed: { metric: 'deletions by who only read', value: deleter.deleted, unit: 'since the first' },
      expected: { low: 0, high: 0, mean: 0, n: profile.requests, p: 1, warmUp: caller.warmUp },
      explanation: `${entity.name}, which only ever read in ${profile.requests} requests, was let ${endpointOf(event)} ${deleter.deleted === 1 ? 'once' : `${deleter.deleted} times`}; ${users} of ${peers} other consumers ever did. A reader that may delete what others administer is given functions that are not its own.`,
      evidence: deleter.evidence,
      only: "method = 'DELETE' AND status >= 200 AND status < 300",
    });
  }
}
