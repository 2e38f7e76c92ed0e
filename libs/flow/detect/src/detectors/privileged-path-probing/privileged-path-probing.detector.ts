import type { Severity } from '@outrider/domain/detection/alert';
import {
  DESCRIPTION_SEGMENTS,
  EVERYDAY_DEEPER,
  GATEWAY_SEGMENTS,
  PRIVILEGED_SEGMENTS,
  SECRET_ACTUATORS,
  SECRET_SEGMENTS,
} from './privileged-paths.ts';
import type { PrivilegedPathProbingSettings } from './privileged-path-probing.settings.ts';

export const PRIVILEGED_PATH_PROBING_VERSION = '1';

/** `diagnostics`: gives away as much as a secret file, but those who run the system read it too. */
export type Privilege = 'none' | 'description' | 'privileged' | 'diagnostics' | 'secret';

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
    if (PRIVILEGED_SEGMENTS.has(segment) && (depth <= 2 || !EVERYDAY_DEEPER.has(segment))) found = 'privileged';
    else if (!routed && depth === 1 && GATEWAY_SEGMENTS.has(segment)) found = 'privileged';
    else if (found === 'none' && DESCRIPTION_SEGMENTS.has(segment)) found = 'description';
  }
  return found;
};

export interface PrivilegedVerdict {
  readonly windowMs: number;
  readonly distinct: number;
  readonly limit: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** `opened`: places that answered with content while it searched. */
export const judgePrivileged = (
  in10m: number,
  in24h: number,
  opened: number,
  s: PrivilegedPathProbingSettings,
): PrivilegedVerdict | undefined => {
  const fast = in10m >= s.distinct10m;
  const slow = in24h >= s.distinct24h;
  if (!fast && !slow) return undefined;
  const distinct = fast ? in10m : in24h;
  const limit = fast ? s.distinct10m : s.distinct24h;
  return {
    windowMs: fast ? 600_000 : 86_400_000,
    distinct,
    limit,
    severity: opened > 0 || distinct >= s.high ? 'high' : 'medium',
    confidence: Math.min(0.97, 0.84 + 0.05 * Math.log2(distinct / limit)),
  };
};
