import type { AlertType } from '@outrider/domain/detection/alert';
import type { DetectSettings } from '../settings.ts';
import { MINUTE_MS } from '../windows/time.ts';

/** Event-time quiet after which an alert of each type is over; ms. */
export type QuietTimes = (type: AlertType) => number;

export const quietTimes = (settings: DetectSettings): QuietTimes => {
  const known = new Map<AlertType, number>([
    ['request-spike', settings.requestSpike.quietMinutes * MINUTE_MS],
    ['brute-force', settings.bruteForce.quietMinutes * MINUTE_MS],
    ['error-spike', settings.errorSpike.quietMinutes * MINUTE_MS],
    ['endpoint-probing', settings.endpointProbing.quietMinutes * MINUTE_MS],
  ]);
  return (type) => known.get(type) ?? RULE_QUIET_MS;
};

/** Of alerts of rules. */
const RULE_QUIET_MS = 15 * MINUTE_MS;
