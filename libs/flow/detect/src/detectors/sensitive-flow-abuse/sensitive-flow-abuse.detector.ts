import type { Severity } from '@outrider/domain/detection/alert';
import type { SensitiveFlow } from './sensitive-flow.ts';
import type { SensitiveFlowAbuseSettings } from './sensitive-flow-abuse.settings.ts';

export const SENSITIVE_FLOW_ABUSE_VERSION = '3';

/** One caller's calls of one sensitive endpoint. */
export interface FlowView {
  readonly flow: SensitiveFlow;
  /** Of messages: a code that one person waits for. */
  readonly code: boolean;
  readonly anonymous: boolean;
  /** In the last hour; and in the last quarter of an hour, with all its requests then. */
  readonly hour: number;
  readonly quarter: number;
  readonly requestsInQuarter: number;
  /** Its latest calls came close together, with one client. */
  readonly burst: boolean;
  /** Busiest hours so far: its own before this one, any other caller's. */
  readonly ownMax: number;
  readonly peerMax: number;
  readonly knownHours: number;
  /** Minutes for which it was known before these calls began, what else it asked by then, and how often it had called this one. */
  readonly leadMinutes: number;
  readonly otherBefore: number;
  readonly flowBefore: number;
  /** Minutes for which others were watched before it came. */
  readonly cameAfterMinutes: number;
}

export interface FlowVerdict {
  readonly limit: number;
  /** So many so close together, and not one request besides. */
  readonly burst: boolean;
  readonly severity: Severity;
  readonly confidence: number;
}

/** Calls an hour from which it is abuse. */
export const flowLimit = (view: FlowView, s: SensitiveFlowAbuseSettings): number => {
  const floor =
    view.flow === 'purchase'
      ? view.anonymous
        ? s.anonymousPurchases
        : s.purchases
      : view.anonymous
        ? s.anonymousMessages
        : s.messages;
  return overHabits(floor, view, s);
};

/**
 * A consumer that was there for other things and now asks for codes and nothing else: the change itself tells, before its hours are known.
 * Who only ever sends codes, and a backend whose users go on to use them, did not change.
 */
const hasTurned = (view: FlowView, s: SensitiveFlowAbuseSettings): boolean =>
  !view.anonymous &&
  view.code &&
  view.leadMinutes >= s.turnedLeadMinutes &&
  view.otherBefore >= s.turnedOthers &&
  view.flowBefore <= s.turnedShare * view.otherBefore &&
  view.quarter >= s.turnedMinShare * view.requestsInQuarter;

/** A consumer that came while others were watched, and asked for codes from the first and for nothing else: no people are behind it. */
const isSender = (view: FlowView, s: SensitiveFlowAbuseSettings): boolean =>
  !view.anonymous &&
  view.code &&
  view.cameAfterMinutes >= s.senderAfterMinutes &&
  view.otherBefore === 0 &&
  view.hour >= s.senderMessages &&
  asksNothingElse(view);

const overHabits = (floor: number, view: FlowView, s: SensitiveFlowAbuseSettings): number =>
  Math.max(floor, s.overOwn * view.ownMax, s.overPeers * view.peerMax);

/** Who needs a code goes on to use it: an address that asks for nothing but codes, one after the other, uses none. */
const isBurst = (view: FlowView): boolean =>
  view.burst && view.flow === 'message' && view.anonymous && asksNothingElse(view);

const asksNothingElse = (view: FlowView): boolean => view.quarter >= 0.95 * view.requestsInQuarter;

/**
 * Flags a caller that uses a costly flow far more than it, or any of its peers, ever did, and for nothing else. False positives: a
 * campaign, a new integration that sends invitations (`messages`, `minKnownHours`), a large NAT (`anonymousMessages`).
 */
export const judgeFlow = (view: FlowView, s: SensitiveFlowAbuseSettings): FlowVerdict | undefined => {
  // whoever takes a code asked for it, or signs in next
  if (view.flow === 'verification' && !(view.anonymous && asksNothingElse(view))) return undefined;
  const full = flowLimit(view, s);
  const burst = view.hour < full && isBurst(view);
  const turned = hasTurned(view, s);
  const limit = burst
    ? overHabits(s.burstMessages, view, s)
    : turned
      ? Math.min(full, overHabits(s.turnedMessages, view, s))
      : full;
  if (view.hour < limit || view.quarter < s.minShare * view.requestsInQuarter) return undefined;
  if (!view.anonymous && !turned && !isSender(view, s) && view.knownHours < s.minKnownHours) return undefined;
  const factor = view.hour / limit;
  return {
    limit,
    burst,
    severity: !burst && factor >= 5 ? 'high' : 'medium',
    confidence: Math.min(0.9, (view.anonymous && !burst ? 0.72 : 0.6) + 0.06 * Math.log2(factor)),
  };
};
