import type { BuiltinAlertType, Severity } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, DetectorSettings, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { Stranger } from '../../knowledge/stranger.ts';
import { HOUR_MS, MINUTE_MS } from '../../windows/time.ts';
import { keyThievesOf, type KeyThieves } from './key-thieves.ts';
import { credentialOf } from './stranger-words.ts';

/** A stranger that stays away for longer is not told of any more; its caller, who is to be heard of again, may come four times an hour. */
const TOLD_WITHIN_MS = 120 * MINUTE_MS;
/** Fewer requests are nobody's story. */
const MIN_REQUESTS = 3;

export interface StrangerVerdict {
  readonly severity: Severity;
  readonly confidence: number;
  /** How likely something as new was today. */
  readonly p: number;
  readonly limit: number;
  readonly explanation: string;
}

export interface StrangerCase<S> {
  readonly stranger: Stranger;
  /** Its answered requests, the one at hand with them: the profile knows only what was before. */
  readonly requests: number;
  /** Its caller's own since it came, the one at hand with them. */
  readonly others: number;
  readonly profile: CallerProfile;
  readonly settings: S;
  readonly at: number;
  readonly name: string;
  readonly whose: string;
  readonly callerKey: string;
}

/** Words of billing are everywhere in a shop. */
export const isSensitive = ({ traits }: Caller): boolean => traits.export || traits.admin;

/**
 * Tells one kind of story about strangers (`CallerProfile.strangers`), which the profile keeps: this holds no state of its own. Each stranger is
 * the business of one of `leaked-credential`, `new-origin`, `new-client`, by what is new about it.
 */
export class StrangerWatcher<S extends DetectorSettings> implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly evicted = 0;

  readonly #settings: Tuned<S>;
  readonly #thieves: KeyThieves;

  constructor(
    private readonly type: BuiltinAlertType,
    private readonly version: string,
    { settings, knowledge }: Pick<DetectorDeps<S>, 'settings' | 'knowledge'>,
    private readonly judge: (one: StrangerCase<S>) => StrangerVerdict | undefined,
  ) {
    this.#settings = settings;
    this.#thieves = keyThievesOf(knowledge);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile } = caller;
    if (profile?.strangers === undefined) return undefined;
    for (const stranger of profile.strangers) {
      if (stranger.ip === event.clientIp && !stranger.unusual && isSensitive(caller)) {
        stranger.sensitive = true;
        stranger.unusual = !isHabit(profile, stranger.since, caller);
      }
      if (stranger.requests < MIN_REQUESTS || stranger.toldAt >= stranger.lastAt) continue;
      if (at < stranger.toldAt + REPORT_EVERY_MS || at > stranger.lastAt + TOLD_WITHIN_MS) continue;
      const own = isOf(stranger, event, caller) ? 1 : 0;
      const verdict = this.#verdict(stranger, own, event, at, caller);
      if (verdict === undefined) continue;
      if (stranger.toldAt === Number.NEGATIVE_INFINITY) profile.accuse(stranger);
      stranger.toldAt = at;
      // one story: the address has the keys of many, or the credential is in many places
      if (at - profile.toldStolenAt < HOUR_MS) {
        if (this.type === 'leaked-credential') profile.leakedAt = at;
        continue;
      }
      if (this.#thieves.isTold(event.tenant, stranger.ip, at)) {
        if (stranger.ip === event.clientIp) this.#thieves.held = event;
        continue;
      }
      return this.#finding(verdict, stranger, stranger.requests + own, event, at, caller);
    }
    return undefined;
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const stranger = caller.profile?.strangers?.find((one) => one.ip === event.clientIp);
    // the profile has taken the event up by now
    return stranger && this.#verdict(stranger, 0, event, at, caller)?.explanation;
  }

  /** Profiles follow their lanes by themselves. */
  forgetLanes(): void {
    // nothing is kept here
  }

  /** `own`: 1 where the event is the stranger's and not counted yet. */
  #verdict(stranger: Stranger, own: 0 | 1, event: ApiEvent, at: number, caller: Caller): StrangerVerdict | undefined {
    const { profile, key } = caller;
    if (profile === undefined) return undefined;
    const requests = stranger.requests + own;
    const others = stranger.others + 1 - own;
    return this.judge({ stranger, requests, others, profile, settings: this.#settings.of(event), at, name: caller.entity.name, whose: credentialOf(caller.entity), callerKey: key }); // prettier-ignore
  }

  #finding(
    verdict: StrangerVerdict,
    stranger: Stranger,
    requests: number,
    event: ApiEvent,
    at: number,
    caller: Caller,
  ): Draft {
    return findingOf({
      event,
      entity: caller.entity,
      type: this.type,
      version: this.version,
      severity: verdict.severity,
      confidence: verdict.confidence,
      at,
      from: stranger.since,
      observed: {
        metric: 'answered requests of a stranger',
        value: requests,
        unit: 'requests',
      },
      expected: { low: 0, high: verdict.limit, mean: 0, n: caller.profile?.days ?? 0, p: verdict.p, warmUp: caller.warmUp }, // prettier-ignore
      explanation: verdict.explanation,
      evidence: stranger.evidence,
      only: 'status BETWEEN 200 AND 399',
    });
  }
}

/** The caller administered, or exported, before `since`; ms. */
export const isHabit = (profile: CallerProfile, since: number, { traits }: Caller): boolean =>
  (!traits.admin || profile.adminSince < since) && (!traits.export || profile.exportSince < since);

const isOf = (stranger: Stranger, event: ApiEvent, { agent }: Caller): boolean =>
  stranger.ip === event.clientIp && stranger.agent.kind === agent.kind && stranger.agent.family === agent.family;
