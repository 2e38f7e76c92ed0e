import type { Severity } from '@outrider/domain/detection/alert';
import { isInternal } from '../../knowledge/place.ts';
import type { Stranger } from '../../knowledge/stranger.ts';
import type { LeakedCredentialSettings } from './leaked-credential.settings.ts';
import { clientName, knownOrigins, placeName, whoElse } from './stranger-words.ts';
import type { StrangerCase, StrangerVerdict } from './stranger.watcher.ts';

export const LEAKED_CREDENTIAL_VERSION = '2';

/** Half as likely: what happens while its owner rests. */
const REST_NOVELTY = 0.1;

/**
 * A place its owner never came from, together with a client it never used (or an hour it never works at).
 * False positives: a partner that changes provider and software on one day and is too quiet to be missed at the old place; its developers
 * trying the live key from elsewhere.
 */
export const judgeLeakedCredential = (one: StrangerCase<LeakedCredentialSettings>): StrangerVerdict | undefined => {
  const { stranger, requests, profile, settings: s } = one;
  const { origin, client, resting } = stranger.novelty;
  if (origin >= 1 || requests < Math.min(s.minRequests, s.minUnlikely)) return undefined;
  const enough = enoughFor(stranger, profile.days, s);
  if (profile.days < enough.days || profile.successes - requests < enough.requests) return undefined;
  const second = Math.min(client, resting ? REST_NOVELTY : 1);
  if (Math.max(origin, second) > enough.novelty || origin * second > enough.together) return undefined;
  const least = origin * second <= s.maxUnlikely ? s.minUnlikely : s.minRequests;
  if (requests < least) return undefined;
  if (mayHaveMoved(stranger, profile.busiestHour, one.at, s)) return undefined;
  const newClient = client <= enough.novelty;
  const how = newClient ? `with ${clientName(stranger)}, which it never used` : 'at an hour at which it never works';
  return {
    severity: severityOf(stranger, newClient),
    confidence: Math.min(0.95, 0.75 + (stranger.others > 0 ? 0.1 : 0) + (origin * second < 0.01 ? 0.05 : 0)),
    p: origin * second,
    limit: least - 1,
    explanation:
      `${one.whose} was used ${requests} times from ${placeName(stranger)}, where it never came from, ${how} ` +
      `(until now ${knownOrigins(profile, stranger)}; chance of both on one day ${(origin * second).toFixed(3)})${whoElse(stranger)}. ` +
      `A key that works for somebody else is a key that leaked: replace it, unless its owner says that this is theirs.`,
  };
};

/** Whoever says that it acts for its users mostly does; an address of the house is nobody's from outside; and people work at night with what they have. */
const severityOf = ({ agent, ip }: Stranger, newClient: boolean): Severity => {
  if (isDelegate(agent)) return 'low';
  return newClient && !isInternal(ip) ? 'high' : 'medium';
};

/** A service that calls for people with what they gave it (`Claude-User`, Zapier): such agents are called bots. */
export const isDelegate = ({ kind }: Stranger['agent']): boolean => kind === 'bot';

interface Enough {
  readonly days: number;
  readonly requests: number;
  readonly novelty: number;
  readonly together: number;
}

const enoughFor = ({ sensitive, novelty }: Stranger, days: number, s: LeakedCredentialSettings): Enough =>
  sensitive && novelty.client < 1 && days <= s.shortDays
    ? { days: s.sensitiveHistoryDays, requests: s.sensitiveHistoryRequests, novelty: s.sensitiveNovelty, together: s.sensitiveTogether } // prettier-ignore
    : { days: s.minHistoryDays, requests: s.minHistoryRequests, novelty: s.maxNovelty, together: s.maxTogether };

/** Nobody came from the old place since, though somebody should have: the owner may have moved. */
export const mayHaveMoved = (
  stranger: Stranger,
  busiestHour: number,
  at: number,
  s: Pick<LeakedCredentialSettings, 'denseRequests10m' | 'loudRequests' | 'loudFactor'>,
): boolean =>
  stranger.others === 0 &&
  stranger.usual10m >= s.denseRequests10m &&
  stranger.perHour(at) < Math.max(s.loudRequests, s.loudFactor * busiestHour);
