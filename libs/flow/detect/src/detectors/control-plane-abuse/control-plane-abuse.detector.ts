import type { Severity } from '@outrider/domain/detection/alert';
import type { ControlPlane } from './control-plane.ts';
import type { ControlPlaneAbuseSettings } from './control-plane-abuse.settings.ts';

export const CONTROL_PLANE_ABUSE_VERSION = '1';

/** One call that the control plane answered. */
export interface UseView {
  readonly plane: Pick<ControlPlane, 'asksItself' | 'harmless'>;
  /** 2xx or 3xx; otherwise the control plane was reached and said no. */
  readonly worked: boolean;
  /** Kong knew whose call it is, or a key was presented that the control plane may know. */
  readonly credential: boolean;
  /** POST, PUT, PATCH or DELETE, answered 2xx. */
  readonly wrote: boolean;
  /** Asks whether it is well. */
  readonly health: boolean;
  /** The caller came after the time in which regular callers show themselves, less than a day ago. */
  readonly newcomer: boolean;
  /** 401 and 403 that the caller was answered in the ten minutes before, where it looks like guessing. */
  readonly refused: number;
}

export type Told = 'exposed' | 'status' | 'nobody' | 'nobody-wrote' | 'newcomer' | 'newcomer-wrote' | 'guessed' | 'guessing'; // prettier-ignore

export interface Verdict {
  readonly told: Told;
  readonly severity: Severity;
  readonly confidence: number;
}

const verdict = (told: Told, severity: Severity, confidence: number): Verdict => ({ told, severity, confidence });

/**
 * Flags who reaches a control plane through the gateway. That it can be reached is worth saying once; its regular, authenticated
 * callers are not. False positives: an administrator who is new.
 */
export const judgeUse = (view: UseView, s: ControlPlaneAbuseSettings): Verdict => {
  const { plane, worked, wrote } = view;
  if (plane.harmless || (worked && view.health)) return verdict('status', 'low', 0.6);
  if (!worked) return verdict('exposed', 'medium', 0.7);
  if (!view.credential && !plane.asksItself)
    return wrote ? verdict('nobody-wrote', 'critical', 0.95) : verdict('nobody', 'high', 0.9);
  if (view.refused >= s.guesses) return verdict('guessed', wrote ? 'critical' : 'high', 0.9);
  if (view.newcomer) return wrote ? verdict('newcomer-wrote', 'high', 0.85) : verdict('newcomer', 'high', 0.75);
  return verdict('exposed', 'medium', 0.8);
};

/** 401 and 403 within ten minutes. */
export interface GuessView {
  readonly ofCaller: number;
  readonly ofAll: number;
  readonly callers: number;
  /** Different keys and paths that the caller tried. */
  readonly keys: number;
  readonly paths: number;
  /** Rather a client whose key has ended. */
  readonly stale: boolean;
}

export const judgeGuesses = (view: GuessView, s: ControlPlaneAbuseSettings): Verdict | undefined => {
  if (view.ofCaller >= s.guesses && !view.stale)
    return view.keys > 2 || view.paths > 2 ? verdict('guessing', 'high', 0.85) : verdict('guessing', 'medium', 0.6);
  return view.ofAll >= s.guessesOfAll && view.callers >= 5 ? verdict('guessing', 'high', 0.8) : undefined;
};
