import type { AlertType } from '@outrider/domain/detection/alert';
import { CATALOGUE } from '../detectors/catalogue.ts';
import { settingsOf, type DetectSettings } from '../settings.ts';
import { MINUTE_MS } from '../windows/time.ts';

/** Event-time quiet after which an alert of a type is over; ms. */
export type QuietTimes = (type: AlertType) => number;

export const quietTimes = (settings: DetectSettings): QuietTimes => {
  const known = new Map<AlertType, number>(
    CATALOGUE.map((detector) => [detector.type, settingsOf(settings, detector).quietMinutes * MINUTE_MS]),
  );
  return (type) => known.get(type) ?? RULE_QUIET_MS;
};

/** Of alerts of rules. */
const RULE_QUIET_MS = 15 * MINUTE_MS;
