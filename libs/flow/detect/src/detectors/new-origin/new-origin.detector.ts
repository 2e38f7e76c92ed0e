import { knownOrigins, placeName, whoElse } from '../leaked-credential/stranger-words.ts';
import type { StrangerCase, StrangerVerdict } from '../leaked-credential/stranger.watcher.ts';
import type { Stranger } from '../../knowledge/stranger.ts';
import type { NewOriginSettings } from './new-origin.settings.ts';

export const NEW_ORIGIN_VERSION = '1';

/**
 * The caller's own client in a place where it never was, while the old place goes on or, of a caller too quiet to tell, in a new country.
 * People roam and travel: of them only what looks at sensitive endpoints counts. By prefixes alone the same.
 * False positives: a second data centre, a branch, a developer at home.
 */
export const judgeNewOrigin = (one: StrangerCase<NewOriginSettings>): StrangerVerdict | undefined => {
  const { stranger, requests, profile, settings: s } = one;
  const { origin, client, by, newCountry, resting } = stranger.novelty;
  if (origin >= 1 || client < 1 || resting) return undefined;
  // abroad, at what it never asked for: a few days of a program are enough
  const plain = by === 'asn' && newCountry && stranger.unusual && !isPerson(stranger);
  const least = plain
    ? { days: s.sensitiveHistoryDays, requests: s.sensitiveHistoryRequests }
    : { days: s.minHistoryDays, requests: s.minHistoryRequests };
  if (profile.days < least.days || profile.successes - requests < least.requests) return undefined;
  const limit = by === 'asn' ? s.minRequests : s.minRequestsByPrefix;
  const maxNovelty = plain ? s.sensitiveNovelty : by === 'asn' ? s.maxNovelty : s.maxNoveltyByPrefix;
  if (requests < limit || origin > maxNovelty) return undefined;
  if ((by === 'prefix' || isPerson(stranger)) && !stranger.unusual) return undefined;
  const atBoth = stranger.others > 0 && (stranger.turns >= s.minTurns || one.others >= s.minOthers);
  const tooQuiet = stranger.usual10m < s.denseRequests10m && newCountry;
  if (!atBoth && !tooQuiet) return undefined;
  return {
    severity: stranger.sensitive ? 'medium' : 'low',
    confidence: Math.min(
      0.8,
      0.5 + (newCountry ? 0.1 : 0) + (atBoth ? 0.1 : 0) + (stranger.novelty.newNetwork ? 0.1 : 0),
    ),
    p: origin,
    limit: limit - 1,
    explanation:
      `${one.name} made ${requests} requests from ${placeName(stranger)}, where it never came from${stranger.unusual ? ', some of them for administration or exports, which it never did' : ''} ` +
      `(until now ${knownOrigins(profile, stranger)}; chance of a new one on one day ${origin.toFixed(3)})${whoElse(stranger)}. ` +
      `It may have grown or moved; or somebody else has its key and its software. Ask its owner, and replace the key if it is not theirs.`,
  };
};

const isPerson = ({ agent }: Stranger): boolean => agent.kind === 'browser' || agent.kind === 'mobile-app';
