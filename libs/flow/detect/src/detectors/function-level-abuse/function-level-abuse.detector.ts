import type { Severity } from '@outrider/domain/detection/alert';
import type { FunctionLevelAbuseSettings } from './function-level-abuse.settings.ts';

export const FUNCTION_LEVEL_ABUSE_VERSION = '2';

export interface FunctionView {
  readonly worked: boolean;
  /** The area administers by its words. */
  readonly admin: boolean;
  /** Callers with credentials that the area ever answered, and all that are known. */
  readonly users: number;
  readonly peers: number;
  readonly areaHours: number;
  readonly callerHours: number;
  /** Different functions of such areas within an hour, this one included: refused, opened. */
  readonly refused: number;
  readonly opened: number;
}

export interface FunctionVerdict {
  readonly severity: Severity;
  readonly confidence: number;
  readonly limit: number;
  readonly value: number;
}

/** Asked only of functions in areas that never answered this caller. */
export const judgeFunction = (view: FunctionView, s: FunctionLevelAbuseSettings): FunctionVerdict | undefined => {
  const { refused, opened } = view;
  const rare = isRare(view, s);
  if (!view.admin && !rare) return undefined;
  // Who is new and let in nearly everywhere administers; a few things are refused to staff as well.
  if (view.callerHours < s.callerHours && opened > s.openedOverRefused * refused) return undefined;
  if (view.admin && view.worked) {
    const few = view.peers >= s.minPeers && view.users <= Math.max(1, s.adminShare * view.peers);
    const settled = few && view.areaHours >= s.adminHours && view.callerHours >= s.callerHours;
    if (settled || (refused >= 2 && view.callerHours > 0)) return { severity: 'high', confidence: settled ? 0.88 : 0.8, limit: 1, value: opened + refused }; // prettier-ignore
  }
  if (refused >= s.refused) return { severity: opened > 0 ? 'high' : 'medium', confidence: Math.min(0.95, 0.82 + 0.03 * (refused - s.refused)), limit: s.refused, value: refused }; // prettier-ignore
  if (view.admin || view.areaHours < s.otherHours || view.callerHours < s.callerHours) return undefined;
  if (refused + opened < s.rare || refused === 0) return undefined;
  return { severity: 'medium', confidence: 0.8, limit: s.rare, value: refused + opened };
};

export const isRare = (
  view: Pick<FunctionView, 'users' | 'peers'>,
  s: Pick<FunctionLevelAbuseSettings, 'minPeers' | 'rareShare'>,
): boolean => view.peers >= s.minPeers && view.users <= Math.max(1, s.rareShare * view.peers);
