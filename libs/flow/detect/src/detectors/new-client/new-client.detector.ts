import { clientName, counted, whoElse } from '../leaked-credential/stranger-words.ts';
import type { StrangerCase, StrangerVerdict } from '../leaked-credential/stranger.watcher.ts';
import type { NewClientSettings } from './new-client.settings.ts';

export const NEW_CLIENT_VERSION = '2';

/**
 * A client of another kind than the caller ever used, beside the old one: a person with a tool where a program used to be.
 * False positives: a new version written in another language while the old one still runs; developers who try things by hand.
 */
export const judgeNewClient = (one: StrangerCase<NewClientSettings>): StrangerVerdict | undefined => {
  const { stranger, profile, settings: s } = one;
  const { novelty, requests, agent } = stranger;
  if (novelty.client > s.maxNovelty || novelty.origin < 1 || requests < s.minRequests) return undefined;
  if (profile.days < s.minHistoryDays || profile.successes - requests < s.minHistoryRequests) return undefined;
  // other detectors know scanners by name, and monitors harm nobody
  if (agent.kind === 'scanner' || agent.kind === 'monitor') return undefined;
  const byHand = agent.kind === 'command-line';
  const goesOn = stranger.turns >= s.minTurns || one.others >= s.minOthers;
  const beside = stranger.others > 0 && (byHand || goesOn);
  const quiet = stranger.others === 0 && stranger.usual10m < s.denseRequests10m;
  // at night, where its caller rests, a handful is no new version at work
  const atNight = novelty.resting && requests >= s.nightRequests && profile.days >= s.nightHistoryDays;
  const alone =
    quiet && (byHand || atNight || stranger.perHour(one.at) >= s.loudFactor * Math.max(20, profile.busiestHour));
  if (!beside && !alone) return undefined;
  return {
    severity: 'low',
    confidence: byHand && beside ? 0.65 : 0.55,
    p: novelty.client,
    limit: s.minRequests - 1,
    explanation:
      `${one.name} made ${requests} requests with ${clientName(stranger)} from ${stranger.ip}, a usual place of it; in ${profile.days} days it used ` +
      `${counted(Math.max(1, profile.agents.size - 1), 'other kind')} of client (chance of a new one on one day ${novelty.client.toFixed(3)})${whoElse(stranger, 'its old client')}. ` +
      `It may be a new program; or somebody works with its key by hand: ask its owner.`,
  };
};
