import type { Finding } from '@outrider/domain/detection/alert';
import { HOUR_MS } from '../../windows/time.ts';
import type { CompositeRiskSettings } from './composite-risk.settings.ts';

export const COMPOSITE_RISK_VERSION = '1';

/** The strongest sign of one family. */
export interface Sign {
  readonly type: string;
  /** 0 … 1, when it came. */
  readonly weight: number;
  readonly at: number;
}

export const weightOf = (finding: Pick<Finding, 'severity' | 'confidence'>, s: CompositeRiskSettings): number => {
  const weight = { info: s.infoWeight, low: s.lowWeight, medium: s.mediumWeight, high: 0, critical: 0 }[
    finding.severity
  ];
  return weight * (0.5 + finding.confidence / 2);
};

export const decayed = (sign: Sign, at: number, s: CompositeRiskSettings): number =>
  sign.weight * 0.5 ** (Math.max(0, at - sign.at) / (s.halfLifeHours * HOUR_MS));

/**
 * The chance that at least one of the families is right (noisy-or of the strongest of each); undefined while too few of them speak.
 * False positives: detectors that err together; that is why a family counts once.
 */
export const judgeComposite = (signs: readonly Sign[], at: number, s: CompositeRiskSettings): number | undefined => {
  if (signs.length < s.minFamilies) return undefined;
  const risk = 1 - signs.reduce((left, sign) => left * (1 - decayed(sign, at, s)), 1);
  return risk >= s.minRisk ? risk : undefined;
};
