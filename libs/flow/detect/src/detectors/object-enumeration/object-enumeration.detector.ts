import type { Severity } from '@outrider/domain/detection/alert';
import type { ObjectEnumerationSettings } from './object-enumeration.settings.ts';

export const OBJECT_ENUMERATION_VERSION = '4';

/** Of one caller at one template from one address. */
export interface EnumerationView {
  /** Objects new to the caller in five to ten minutes, and those of them answered 401, 403 or 404, and 401 or 403. */
  readonly fresh: number;
  readonly refused: number;
  readonly forbidden: number;
  readonly requests: number;
  readonly freshHour: number;
  /** Those of them that it wrote to and was let, in ten minutes and in two hours. */
  readonly written: number;
  readonly writtenHour: number;
  /** What it created and changed anywhere beyond what it ever did in such a time. */
  readonly made: number;
  readonly madeHour: number;
  /** Most that it ever did before. */
  readonly mostFresh: number;
  readonly mostHour: number;
  readonly mostRefused: number;
  /** Lists of these objects that it was given: in one to two hours, one of them lately, and lately alone. */
  readonly lists: number;
  readonly latelyListed: number;
  /** New numbers at a stroke, all requests meanwhile, how long it goes, and how many times as wide as their count the region is. */
  readonly burst: number;
  readonly burstAsked: number;
  readonly burstMs: number;
  readonly burstRegion: number;
  readonly authenticated: boolean;
  /** Known for long enough and busy often enough. */
  readonly hasHabits: boolean;
  readonly knownForHours: number;
  /** Most new objects of any other caller with credentials in such a time, and how many others there are. */
  readonly othersMost: number;
  readonly others: number;
  /** It goes from id to id, and was told for that. */
  readonly toldInOrder: boolean;
  /** Five-minute stretches with objects that its habits are known by. */
  readonly filled: number;
  /** The caller did not use the template until an hour ago. */
  readonly newTemplate: boolean;
  /** Other callers that do as it does. */
  readonly alike: number;
  readonly sensitive: boolean;
  /** The endpoint ever answered 2xx or 3xx to somebody. Where nothing is found, 404 is a broken integration, not a walk. */
  readonly works: boolean;
}

export interface EnumerationVerdict {
  readonly why: 'refused' | 'habit' | 'unknown' | 'rapid';
  readonly hours: boolean;
  readonly objects: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Flags a caller that goes through objects it never asked for: refused often, or far more of them than it ever did. */
export const judgeEnumeration = (
  view: EnumerationView,
  s: ObjectEnumerationSettings,
): EnumerationVerdict | undefined => {
  const refused = judgeRefused(view, s);
  // one walk is one alert
  if (refused) return view.toldInOrder && refused.severity !== 'high' ? undefined : refused;
  if (view.toldInOrder) return undefined;
  if (view.alike >= s.alike || view.fresh < s.minNewShare * view.requests) return undefined;
  if (!view.hasHabits) {
    const rapid = judgeRapid(view, s);
    if (rapid) return rapid;
    const limit = unknownLimitOf(view, s);
    if (!view.authenticated || view.fresh < limit || view.fresh <= view.latelyListed * s.perList) return undefined;
    return { why: 'unknown', hours: false, objects: view.fresh, limit, severity: 'medium', confidence: 0.7 };
  }
  const { limit, hourLimit } = limitsOf(view, s);
  const read = view.fresh - Math.max(view.written, view.made);
  const hours = read < limit;
  const objects = hours ? view.freshHour - Math.max(view.writtenHour, view.madeHour) : read;
  if (objects < (hours ? hourLimit : limit) || objects <= (hours ? view.lists : view.latelyListed) * s.perList) return undefined; // prettier-ignore
  const ratio = objects / (hours ? hourLimit : limit);
  return {
    why: 'habit',
    hours,
    objects,
    limit: Math.ceil(hours ? hourLimit : limit),
    severity: ratio >= 4 || view.sensitive ? 'high' : 'medium',
    confidence: Math.min(0.93, 0.8 + 0.05 * Math.log2(ratio)),
  };
};

/** Hundreds of numbers in one breath: nobody needs to know the caller for that. */
const judgeRapid = (view: EnumerationView, s: ObjectEnumerationSettings): EnumerationVerdict | undefined => {
  const limit = Math.max(s.rapidObjects * (view.burstMs <= s.rapidSeconds * 1_000 ? 1 : 2), s.overHabit * view.mostFresh); // prettier-ignore
  if (!view.authenticated || view.burst < limit || view.burst * 1_000 < s.rapidPace * view.burstMs) return undefined;
  if (view.burst < s.rapidNewShare * view.burstAsked || view.burstRegion > s.rapidRegion) return undefined;
  if (view.burst <= view.latelyListed * s.perList) return undefined;
  return { why: 'rapid', hours: false, objects: view.burst, limit, severity: 'medium', confidence: 0.8 };
};

/** Without habits: of who was seen a while ago, where several others are known, so many times what they do; else far more. */
export const unknownLimitOf = (view: EnumerationView, s: ObjectEnumerationSettings): number => {
  if (view.others < s.fewOthers || view.knownForHours < s.seenHours || view.filled < s.seenFilled)
    return s.unknownObjects;
  const usual = Math.max(view.othersMost, view.mostFresh);
  return Math.min(s.unknownObjects, Math.max(s.strangeObjects, s.overOthers * usual));
};

/** New objects that are let pass in ten minutes, and in two hours, of a caller with habits. */
export const limitsOf = (
  view: EnumerationView,
  s: ObjectEnumerationSettings,
): { readonly limit: number; readonly hourLimit: number } => {
  const factor = view.authenticated ? 1 : s.anonymousFactor;
  const over = view.newTemplate ? s.overHabitElsewhere : s.overHabit;
  // an integration that is told of changes comes in bursts of any size
  const works = view.written >= s.writtenShare * view.fresh && view.written > 0 ? s.overWorking : 1;
  const limit = Math.max(s.objects * factor, over * view.mostFresh);
  const plain = view.authenticated && works === 1 && !view.newTemplate && view.filled >= s.plainFilled;
  return {
    limit: plain ? Math.min(limit, Math.max(s.plainObjects, s.overPlainHabit * view.mostFresh)) : works * limit,
    hourLimit: works * Math.max(s.objectsHour * factor, over * view.mostHour),
  };
};

const judgeRefused = (view: EnumerationView, s: ObjectEnumerationSettings): EnumerationVerdict | undefined => {
  const factor = view.authenticated ? 1 : s.anonymousFactor;
  const points = view.works ? view.refused + view.forbidden : 2 * view.forbidden;
  // of many objects the share decides
  const many = view.works && view.fresh >= s.manyObjects * factor && view.refused >= s.manyRefusedShare * view.fresh;
  const limit = Math.max((many ? s.manyRefusedPoints : s.refusedPoints) * factor, 3 * view.mostRefused);
  if (points < limit || view.fresh < s.refusedObjects * factor || view.refused < s.refusedShare * view.fresh)
    return undefined;
  return {
    why: 'refused',
    hours: false,
    objects: view.fresh,
    limit,
    severity: view.forbidden >= 10 || points >= 4 * limit ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.85 + 0.04 * Math.log2(points / limit)),
  };
};
