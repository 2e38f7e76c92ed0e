import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { DetectorDeps, Tuned } from '../../engine/detector.ts';
import { findingOf, REPORT_EVERY_MS, type Draft } from '../../engine/finding-draft.ts';
import type { Caller, Watcher } from '../../engine/watcher.ts';
import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';
import { DAY_MS, HOUR_MS } from '../../windows/time.ts';
import {
  CREDENTIAL_SHARING_VERSION,
  judgeSharing,
  type SharingVerdict,
  type SpreadView,
} from './credential-sharing.detector.ts';
import { counted, credentialOf } from '../leaked-credential/stranger-words.ts';
import type { CredentialSharingSettings } from './credential-sharing.settings.ts';
import { historyOf, Spread } from './spread.ts';

/** Prefixes from which on a credential is for everybody: an app's, a web page's, a platform's. */
const PUBLIC_PREFIXES = 40;
/** A look takes some microseconds; ms. */
const LOOK_EVERY_MS = 3_000;

export class CredentialSharingWatcher implements Watcher {
  readonly statusClasses = [2, 3] as const;
  readonly #spreads: BoundedMap<Spread>;
  readonly #settings: Tuned<CredentialSharingSettings>;

  constructor({ settings, maxCallers }: DetectorDeps<CredentialSharingSettings>) {
    this.#settings = settings;
    this.#spreads = new BoundedMap(Math.ceil(maxCallers / 4));
  }

  get evicted(): number {
    return this.#spreads.evicted;
  }

  forgetLanes(lanes: ReadonlySet<number>): void {
    this.#spreads.forgetLanes(lanes);
  }

  observe(event: ApiEvent, at: number, caller: Caller): Draft | undefined {
    const { profile } = caller;
    if (profile === undefined) return undefined;
    // where it just was, and nobody strange about: young callers have no strangers yet
    if (profile.latestIp === event.clientIp && profile.strangers === undefined)
      if (!profile.varies || at - profile.firstAt >= 2 * DAY_MS) return undefined;
    const { prefixes } = profile;
    const spread = this.#spreads.get(caller.key);
    // what was one caller's before the storm stays so during it
    if (spread === undefined && (prefixes.size === 0 || prefixes.size >= PUBLIC_PREFIXES || !profile.seeded))
      return undefined;
    if (prefixes.forgotten > 0 && (spread === undefined || at > spread.reportedAt + HOUR_MS)) return undefined;
    const kept = spread ?? this.#spreads.getOrMake(caller.key, () => new Spread(), caller.lane);
    if (!kept.came(event, at, () => caller.prefix, profile)) return undefined;
    const { kind } = caller.agent;
    kept.people ||= kind === 'browser' || kind === 'mobile-app';
    if (at < kept.lookedAt + LOOK_EVERY_MS || at < kept.reportedAt + REPORT_EVERY_MS) return undefined;
    kept.lookedAt = at;
    const found = this.#look(kept, profile, event, at);
    if (!found) return undefined;
    kept.reportedAt = at;
    profile.toldStolenAt = at;
    const { verdict, view } = found;
    const history = historyOf(profile, at);
    return findingOf({
      event,
      entity: caller.entity,
      type: 'credential-sharing',
      version: CREDENTIAL_SHARING_VERSION,
      // one of the places has a client of its own as well: that alone is a leak
      severity: at - profile.leakedAt < HOUR_MS ? 'high' : verdict.severity,
      confidence: verdict.confidence,
      at,
      from: at - HOUR_MS,
      observed: { metric: 'new places of one credential', value: verdict.places, unit: 'in 60 min' },
      expected: {
        low: 0,
        high: verdict.limit - 1,
        mean: history.joinedADay,
        n: history.days,
        p: 1,
        warmUp: caller.warmUp,
      },
      explanation: saysOf(credentialOf(caller.entity), view, verdict, history.places, history.days),
      evidence: kept.evidence,
      only: 'status BETWEEN 200 AND 399',
    });
  }

  explain(event: ApiEvent, at: number, caller: Caller): string | undefined {
    const { profile } = caller;
    const spread = this.#spreads.peek(caller.key);
    const found = profile && spread && this.#look(spread, profile, event, at);
    if (!profile || !found) return undefined;
    const { places, days } = historyOf(profile, at);
    return saysOf(credentialOf(caller.entity), found.view, found.verdict, places, days);
  }

  #look(
    spread: Spread,
    profile: CallerProfile,
    event: ApiEvent,
    at: number,
  ): { verdict: SharingVerdict; view: SpreadView } | undefined {
    // prettier-ignore
    const s = this.#settings.of(event);
    const view = spread.view(event.credentialId, at, s.minRequests);
    const verdict = judgeSharing(view, historyOf(profile, at), s);
    return verdict && { verdict, view };
  }
}

const saysOf = (whose: string, view: SpreadView, verdict: SharingVerdict, before: number, days: number): string =>
  `${whose} was used from ${verdict.places} places where it never was before, within an hour (${view.requests} requests, ${counted(view.clients, 'client')}` +
  `${view.countries > 0 ? `, ${counted(view.countries, 'new country', 'new countries')}` : ''}); until now it had ${counted(before, 'network')} in ${counted(days, 'day')}, and ${verdict.limit} new ones within an hour are too many. ` +
  `It was passed on or stolen: replace it, and ask its owner who had it.`;
