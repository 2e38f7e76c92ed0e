import type { Severity } from '@outrider/domain/detection/alert';
import type { ForeignObjectAccessSettings } from './foreign-object-access.settings.ts';

export const FOREIGN_OBJECT_ACCESS_VERSION = '1';

export interface ForeignVerdict {
  readonly severity: Severity;
  readonly confidence: number;
}

/** `objects`: foreign ones within an hour; `knownForHours`: how long the caller has been seen. */
export const judgeForeign = (
  objects: number,
  knownForHours: number,
  s: ForeignObjectAccessSettings,
): ForeignVerdict | undefined => {
  if (objects < s.objects || knownForHours < s.habitHours) return undefined;
  return {
    severity: objects >= s.high ? 'high' : 'medium',
    confidence: Math.min(0.92, 0.76 + 0.04 * (objects - s.objects)),
  };
};
