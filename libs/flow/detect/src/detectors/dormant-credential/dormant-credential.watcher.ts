import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import { agentTerm, CallerProfile, PAUSE_MS } from '../../knowledge/caller-profile.ts';
import { credentialOf } from '../leaked-credential/stranger-words.ts';
import { isSensitive } from '../leaked-credential/stranger.watcher.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { Evidence } from '../../windows/evidence.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import { DORMANT_CREDENTIAL_VERSION, judgeDormant } from './dormant-credential.detector.ts';
import type { DormantCredentialSettings } from './dormant-credential.settings.ts';

interface Return {
  readonly returnedAt: number;
  readonly gapMs: number;
  readonly pauses: number;
  readonly requestsBefore: number;
  readonly daysBefore: number;
  readonly strange: boolean;
  sensitive: boolean;
  requests: number;
  hourSince: number;
  reportedAt: number;
  readonly evidence: Evidence;
}

/** Callers that are back after a long silence, and callers' credentials of which another was used meanwhile. */
export class DormantCredentialWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #returns: BoundedMap<Return>;
  readonly #settings: Tuned<DormantCredentialSettings>;
  readonly #silentMs: number;

  constructor({ settings, maxCallers }: DetectorDeps<DormantCredentialSettings>) {
    this.#settings = settings;
    this.#silentMs = settings.base.silentDays * DAY_MS;
    this.#returns = new BoundedMap(Math.ceil(maxCallers / 10));
  }

  get evicted(): number {
    return this.#returns.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#returns.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile } = caller;
    if (profile === undefined || at - profile.firstAt < this.#silentMs || !profile.seeded) return undefined;
    const back = this.#returnOf(profile, event, at, caller);
    if (back === undefined) return undefined;
    if (at - back.hourSince >= HOUR_MS) {
      back.hourSince = at;
      back.requests = 0;
    }
    back.requests++;
    back.evidence.add(event, at);
    if (!back.sensitive && isSensitive(caller)) back.sensitive = true;
    if (at < back.reportedAt + REPORT_EVERY_MS) return undefined;
    const s = this.#settings.of(event);
    const verdict = judgeDormant(back, s);
    if (!verdict) return undefined;
    back.reportedAt = at;
    return findingOf({
      event,
      entity: caller.entity,
      type: 'dormant-credential',
      version: DORMANT_CREDENTIAL_VERSION,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: back.hourSince,
      observed: { metric: 'requests after the silence', value: back.requests, unit: 'in 60 min' },
      expected: { low: 0, high: s.minRequests - 1, mean: 0, n: back.requestsBefore, p: 1, warmUp: caller.warmUp },
      explanation: saysOf(credentialOf(caller.entity), back),
      evidence: back.evidence,
    });
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const back = this.#returns.peek(keyOf(caller.key, event.credentialId)) ?? this.#returns.peek(caller.key);
    return back && at - back.returnedAt < DAY_MS ? saysOf(credentialOf(caller.entity), back) : undefined;
  }

  /** Of most events nothing is looked up: their caller was here yesterday, with the credential that it always uses. */
  #returnOf(profile: CallerProfile, event: ApiEvent, at: number, caller: Caller): Return | undefined {
    const returnMs = this.#settings.base.returnHours * HOUR_MS;
    const gapMs = at - profile.lastAt >= DAY_MS ? at - profile.lastAt : profile.gapMs;
    if (gapMs >= this.#silentMs) {
      const returnedAt = gapMs === profile.gapMs ? profile.activeSince : at;
      if (at - returnedAt < returnMs) return this.#kept(caller.key, profile, event, returnedAt, gapMs, caller);
    }
    if (profile.credentials.size < 2) return undefined;
    const key = keyOf(caller.key, event.credentialId);
    const known = this.#returns.get(key);
    if (known !== undefined) return at - known.returnedAt < returnMs ? known : undefined;
    const lastAt = profile.credentials.lastAt(CallerProfile.term(event.credentialId));
    if (lastAt === undefined || at - lastAt < this.#silentMs) return undefined;
    return this.#kept(key, profile, event, at, at - lastAt, caller);
  }

  #kept(
    key: string,
    profile: CallerProfile,
    event: ApiEvent,
    returnedAt: number,
    gapMs: number,
    caller: Caller,
  ): Return {
    const known = this.#returns.get(key);
    if (known?.returnedAt === returnedAt) return known;
    const own = key === caller.key;
    const first = profile.lastAt < returnedAt;
    const made: Return = {
      returnedAt,
      gapMs,
      pauses: own ? profile.pauses + (first && profile.gapMs >= PAUSE_MS ? 1 : 0) : 0,
      // of one credential among several only its own count is known
      requestsBefore: own
        ? first
          ? profile.requests
          : profile.requestsBefore
        : profile.credentials.count(CallerProfile.term(event.credentialId)),
      daysBefore: own && !first ? profile.daysBefore : profile.days,
      strange: isStrange(profile, event, returnedAt, caller),
      sensitive: false,
      requests: 0,
      hourSince: returnedAt,
      reportedAt: Number.NEGATIVE_INFINITY,
      evidence: new Evidence(),
    };
    this.#returns.set(key, made, caller.lane);
    return made;
  }
}

const keyOf = (callerKey: string, credentialId: string): string => `${callerKey}|${credentialId}`;

/** A client that it never had, or a place: of weeks ago only the provider says much, the prefix where it was always the same few. */
const isStrange = (profile: CallerProfile, event: ApiEvent, since: number, caller: Caller): boolean => {
  const isNew = (terms: CallerProfile['agents'], term: number): boolean => {
    const first = terms.firstAt(term);
    return terms.size > 0 && terms.forgotten === 0 && (first === undefined || first >= since);
  };
  if (isNew(profile.agents, CallerProfile.term(agentTerm(caller.agent)))) return true;
  if (event.asn !== 0 && profile.asns.size > 0) return isNew(profile.asns, event.asn);
  return profile.prefixes.size <= 3 && isNew(profile.prefixes, CallerProfile.term(caller.prefix));
};

const saysOf = (whose: string, { gapMs, requests, requestsBefore, strange, sensitive }: Return): string =>
  `${whose} is in use again after ${Math.floor(gapMs / DAY_MS)} days of silence: ${requests} requests within the hour ` +
  `(${requestsBefore} in all before)${strange ? ', from a place or with a client that it never had' : ', from where it always came'}` +
  `${sensitive ? ', some at sensitive endpoints' : ''}. Keys that nobody misses are the ones that are stolen: ask its owner, and revoke what nobody needs.`;
