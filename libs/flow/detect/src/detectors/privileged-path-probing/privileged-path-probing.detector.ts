import type { Severity } from '@outrider/domain/detection/alert';
import {
  DESCRIPTION_SEGMENTS,
  EVERYDAY_DEEPER,
  GATEWAY_SEGMENTS,
  ORDINARY_SEGMENTS,
  PRIVILEGED_SEGMENTS,
  SECRET_ACTUATORS,
  SECRET_SEGMENTS,
} from './privileged-paths.ts';
import type { PrivilegedPathProbingSettings } from './privileged-path-probing.settings.ts';

export const PRIVILEGED_PATH_PROBING_VERSION = '2';

/**
 * `diagnostics`: gives away as much as a secret file, but those who run the system read it too. `ordinary`: honest clients have such places
 * as well.
 */
export type Privilege = 'none' | 'description' | 'ordinary' | 'privileged' | 'diagnostics' | 'secret';

/** What a path is by its words. `routed`: the gateway has a route for it. */
export const privilegeOf = (path: string, routed = true): Privilege => {
  const segments = path.toLowerCase().slice(0, 300).split('/');
  let found: Privilege = 'none';
  let depth = 0;
  let before = '';
  for (const segment of segments) {
    if (segment === '') continue;
    depth++;
    if (before === 'actuator' && SECRET_ACTUATORS.has(segment)) return 'diagnostics';
    before = segment;
    if (SECRET_SEGMENTS.has(segment)) return 'secret';
    const isPlace =
      (PRIVILEGED_SEGMENTS.has(segment) && (depth <= 2 || !EVERYDAY_DEEPER.has(segment))) ||
      (!routed && depth === 1 && GATEWAY_SEGMENTS.has(segment));
    if (isPlace && !ORDINARY_SEGMENTS.has(segment)) found = 'privileged';
    else if (isPlace && found !== 'privileged') found = 'ordinary';
    else if (found === 'none' && DESCRIPTION_SEGMENTS.has(segment)) found = 'description';
  }
  return found;
};

/** So many times the limit of ordinary places are a search without any other. */
const ORDINARY_FACTOR = 2;

export interface PrivilegedVerdict {
  readonly windowMs: number;
  readonly distinct: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** `opened`: places that answered with content while it searched. */
/** Different places that were refused in a time, in total, and those of them that honest clients ask for too. */
export interface Places {
  readonly all: number;
  readonly ordinary: number;
  /** Those that only administrators and intruders ask for; the others are ordinary or descriptions. */
  readonly strong: number;
}

const isSearch = ({ all, ordinary, strong }: Places, limit: number): boolean =>
  all >= limit && (strong > 0 || ordinary >= ORDINARY_FACTOR * limit);

export const judgePrivileged = (
  in10m: Places,
  in24h: Places,
  opened: number,
  s: PrivilegedPathProbingSettings,
): PrivilegedVerdict | undefined => {
  const fast = isSearch(in10m, s.distinct10m);
  const slow = isSearch(in24h, s.distinct24h);
  if (!fast && !slow) return undefined;
  const distinct = (fast ? in10m : in24h).all;
  const limit = fast ? s.distinct10m : s.distinct24h;
  return {
    windowMs: fast ? 600_000 : 86_400_000,
    distinct,
    limit,
    severity: opened > 0 || distinct >= s.high ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.84 + 0.05 * Math.log2(distinct / limit)),
  };
};
