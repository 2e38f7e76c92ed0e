import type { Severity } from '@outrider/domain/detection/alert';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { MethodTamperingSettings } from './method-tampering.settings.ts';

export const METHOD_TAMPERING_VERSION = '1';

const ORDINARY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '']);

/** What an attempt says: 2 an odd method (asked for directly or by an override), 1 an ordinary one where it is not offered, 0 nothing. */
export const tamperingOf = (event: ApiEvent): 0 | 1 | 2 => {
  const { status, method, methodOverride } = event;
  if (status < 400 || status === 429) return 0;
  if (!ORDINARY.has(method) || !ORDINARY.has(methodOverride)) return 2;
  if (methodOverride !== '' && methodOverride !== method) return status === 401 ? 1 : 2;
  return status === 405 || status === 501 ? 1 : 0;
};

export interface TamperingVerdict {
  readonly points: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/** `methods`: different ones. One method on many paths is a client that is wrong about the API. */
export const judgeTampering = (
  odd: number,
  ordinary: number,
  methods: number,
  s: MethodTamperingSettings,
): TamperingVerdict | undefined => {
  const points = 2 * odd + ordinary;
  if (points < s.points || methods < 2 || (odd === 0 && methods < 3 && points < 2 * s.points)) return undefined;
  return {
    points,
    severity: points >= s.high ? 'high' : 'medium',
    confidence: Math.min(0.95, 0.82 + 0.04 * Math.log2(points / s.points)),
  };
};
