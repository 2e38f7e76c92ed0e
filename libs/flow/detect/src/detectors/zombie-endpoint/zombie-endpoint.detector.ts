import type { Severity } from '@outrider/domain/detection/alert';
import type { ZombieEndpointSettings } from './zombie-endpoint.settings.ts';

export const ZOMBIE_ENDPOINT_VERSION = '1';

export interface ZombieView {
  /** Good answers of the old version to this caller, which was new to it a day ago. */
  readonly own: number;
  /** To all others, within seven days. */
  readonly others: number;
  readonly newCallers: number;
  /** Days since the newer version was first seen. */
  readonly newerDays: number;
  /** All that the caller ever asked for is this: an old client that comes back. */
  readonly onlyThis: boolean;
  readonly anonymous: boolean;
}

/** Flags a caller that begins to use an old version which had gone quiet. False positives: a rare job on the old version (`quietSuccesses`). */
export const judgeZombie = (view: ZombieView, s: ZombieEndpointSettings): Severity | undefined => {
  if (view.own < s.minSuccesses || view.newerDays < s.minDays) return undefined;
  if (view.others > s.quietSuccesses || view.newCallers > s.maxNewCallers || view.onlyThis) return undefined;
  return view.anonymous || view.own >= 5 * s.minSuccesses ? 'medium' : 'low';
};
