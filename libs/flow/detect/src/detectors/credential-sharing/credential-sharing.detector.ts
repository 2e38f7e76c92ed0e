import type { Severity } from '@outrider/domain/detection/alert';
import type { CredentialSharingSettings } from './credential-sharing.settings.ts';

export const CREDENTIAL_SHARING_VERSION = '2';

/** What one credential did within the last hour. */
export interface SpreadView {
  /** New places with real use; neighbours (one /16) once, IPv4 and IPv6 apart and the greater of both. */
  readonly places: number;
  /** The same with two requests, and with one. */
  readonly twice: number;
  readonly once: number;
  /** New places of the last minutes, however often, and their different clients. */
  readonly sudden: number;
  readonly suddenClients: number;
  /** Autonomous systems and countries of those, that the caller never had; 0 when unknown. */
  readonly asns: number;
  readonly countries: number;
  /** Different clients of the new places. */
  readonly clients: number;
  /** First numbers of the addresses of those with real use (IPv6: first groups): far apart where they differ. */
  readonly blocks: number;
  /** Those of them that came first within a quarter of an hour. */
  readonly together: number;
  /** A browser or an app of people: many have it. */
  readonly people: boolean;
  /** How often a place came again after another one: at the same time, not one after the other. */
  readonly turns: number;
  /** Answered requests from the caller's usual places. */
  readonly usual: number;
  readonly requests: number;
}

export interface SpreadHistory {
  readonly days: number;
  readonly hours: number;
  readonly successes: number;
  /** Places before this hour, and how many joined on an ordinary day. */
  readonly places: number;
  readonly joinedADay: number;
}

export interface SharingVerdict {
  readonly places: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * One credential in new places at the same time, far more than its caller is used to.
 * False positives: a partner that moves to functions or a proxy pool while its old servers still run; a campaign abroad on a key for all.
 */
export const judgeSharing = (
  view: SpreadView,
  history: SpreadHistory,
  s: CredentialSharingSettings,
): SharingVerdict | undefined => {
  const limit = limitOf(view, history, s);
  if (limit === undefined) return judgeEarly(view, history, s);
  return judgeSpread(view, history, limit, s) ?? judgeSudden(view, history, limit, s);
};

const judgeSpread = (
  view: SpreadView,
  history: SpreadHistory,
  limit: number,
  s: CredentialSharingSettings,
): SharingVerdict | undefined => {
  const places =
    view.once >= 3 * limit && view.clients >= 3 ? view.once : view.twice >= 2 * limit ? view.twice : view.places;
  const abroad = view.countries >= s.newCountries && view.places >= 3 && history.days >= s.minHistoryDays;
  if (places < limit && !(abroad && history.joinedADay < 1)) return undefined;
  // one after the other is a journey
  if (places === view.places && view.turns < places) return undefined;
  // one provider, one client, and the old place is silent: moved to a pool
  const several = view.clients >= 2 || view.asns >= 3 || view.countries >= 2 || view.blocks >= s.farApart;
  if (!several && view.usual === 0) return undefined;
  const many = places >= 3 * limit || view.asns >= 6;
  return {
    places,
    limit: abroad && places < limit ? s.newCountries : limit,
    severity: many ? 'high' : 'medium',
    confidence: Math.min(0.95, 0.75 + (several ? 0.1 : 0) + (many ? 0.1 : 0)),
  };
};

/** The log is young: a program that had one place since its beginning is in several at once, each far from the others, and all since a moment: shops that open one by one are no thieves. */
const judgeEarly = (
  view: SpreadView,
  history: SpreadHistory,
  s: CredentialSharingSettings,
): SharingVerdict | undefined => {
  if (view.people || history.places !== 1 || history.hours < s.minEarlyHours) return undefined;
  if (history.successes - view.requests < s.minEarlyRequests || view.together < s.newPlacesEarly) return undefined;
  if (view.together < view.blocks || view.turns < 3 * view.blocks) return undefined;
  return { places: view.places, limit: s.newPlacesEarly, severity: 'medium', confidence: 0.72 };
};

/** Within minutes and with several clients, of who had few places for days: nobody moves like that. */
const judgeSudden = (
  view: SpreadView,
  history: SpreadHistory,
  limit: number,
  s: CredentialSharingSettings,
): SharingVerdict | undefined => {
  if (view.sudden < limit || view.suddenClients < s.suddenClients) return undefined;
  if (history.days < s.minHistoryDays + 1 || history.places > s.suddenOfPlaces || history.joinedADay >= 1)
    return undefined;
  const many = view.sudden >= 3 * limit;
  return { places: view.sudden, limit, severity: many ? 'high' : 'medium', confidence: many ? 0.9 : 0.8 };
};

/** New places in an hour that are too many; undefined when too little is known to say. */
const limitOf = (view: SpreadView, history: SpreadHistory, s: CredentialSharingSettings): number | undefined => {
  if (history.successes < s.minHistoryRequests) return undefined;
  // no person has so many places in a few days: it is the key of a page or an app, and more of its users come every hour
  const isYoungPage = view.people && history.days < s.knownDays && history.places > s.suddenOfPlaces;
  const over = isYoungPage ? s.overYoungPlaces : s.overPlaces;
  if (history.days >= s.minHistoryDays && history.hours >= 24)
    return Math.max(s.newPlaces, Math.ceil(s.usualFactor * history.joinedADay), Math.ceil(over * history.places)); // prettier-ignore
  // The first hours of a log are a night, or a morning: who is everywhere by noon has one place then.
  const isSettled = history.hours >= s.minUnknownHours && history.successes >= 3 * s.minHistoryRequests;
  return isSettled && history.places <= 2 ? s.newPlacesUnknown : undefined;
};
