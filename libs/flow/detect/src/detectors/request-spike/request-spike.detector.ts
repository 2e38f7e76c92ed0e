import type { Severity } from '@outrider/domain/detection/alert';
import type { SpikeProfile } from '../../baseline/spike-profile.ts';
import { logUpperTail, upperQuantile } from '@outrider/domain/baseline/negative-binomial';
import type { RequestSpikeSettings } from './request-spike.settings.ts';

export const REQUEST_SPIKE_VERSION = '4';

const MINUTE_BUCKETS = 6;

/** One caller's last five minutes against what is known of it. Counts are requests. */
export interface SpikeView {
  readonly count5m: number;
  readonly count30s: number;
  readonly count20s: number;
  /** Busiest five minutes that ended before this window began, as far as the short window reaches. */
  readonly recentMax: number;
  readonly profile: SpikeProfile;
  /** The caller's past in memory, the newest 20 s left out. */
  readonly pastBuckets: number;
  readonly pastRequests: number;
  readonly busiestBucket: number;
  readonly peers: PeerView;
  readonly arrival: ArrivalView;
  readonly situation: SpikeSituation;
}

/** How the caller came. */
export interface ArrivalView {
  /** An address that shows no credential, not even one that only the upstream checks. */
  readonly anonymous: boolean;
  /** Time that the others were watched before its first request; buckets. */
  readonly leadBuckets: number;
  /** Part of its requests that one client makes at one endpoint; 0 unknown. */
  readonly monotony: number;
  /** Part of them that are one and the same request. */
  readonly sameness: number;
}

/** Busiest five minutes of the other callers of the same kind. */
export interface PeerView {
  readonly callers: number;
  readonly q90: number;
  readonly max: number;
}

/** What else was going on: raises thresholds or silences. */
export interface SpikeSituation {
  /** The burst began within 20 s of a quarter of an hour. */
  readonly scheduledOnset: boolean;
  /** How much the estate rose at once (1 = it did not). */
  readonly surge: number;
  readonly serverErrorShare: number;
  readonly explainedShare: number;
  /** Addresses that its last minutes came from, and requests of each on average. */
  readonly addresses: number;
  readonly perAddress: number;
  /** Part of its requests that created or changed something. */
  readonly changes: number;
}

export type SpikeRule = 'baseline' | 'learning' | 'fast' | 'young' | 'newcomer' | 'arrival';

export interface SpikeThresholds {
  /** Requests in five minutes; Infinity when only the fast rules apply. */
  readonly window: number;
  /** Requests in 30 s. */
  readonly fast: number;
}

export interface SpikeVerdict {
  readonly rule: SpikeRule;
  readonly threshold: number;
  readonly observed: number;
  readonly windowMs: number;
  readonly ratio: number;
  readonly p: number;
  readonly severity: Severity;
  readonly confidence: number;
}

/**
 * Flags a caller whose requests in five minutes are far beyond its own past (negative-binomial tail, ratio, novelty and floor), or
 * within 30 s beyond 20 times its maximum. False positives: first runs of a new job (`scheduledFactor`, `learningFloor`), launches and
 * retry storms (`surge…`, `maxServerErrorShare`), first loads of a new customer (`newcomer…`).
 */
export const judgeRequestSpike = (view: SpikeView, s: RequestSpikeSettings): SpikeVerdict | undefined => {
  const found = judgeSpike(view, s);
  const isSevere = found?.severity === 'high' || found?.severity === 'critical';
  // an import that creates one thing after the other may be one that its owner knows of
  const creates = !view.arrival.anonymous && view.situation.changes >= s.workShare;
  return found && isSevere && creates ? { ...found, severity: 'medium' } : found;
};

const judgeSpike = (view: SpikeView, s: RequestSpikeSettings): SpikeVerdict | undefined => {
  const { situation, profile } = view;
  if (situation.explainedShare >= s.maxExplainedShare || situation.serverErrorShare >= s.maxServerErrorShare)
    return undefined;
  // The key of an app that many people hold, each asking as usual: a push message went out.
  if (situation.addresses >= s.audienceAddresses && situation.perAddress <= s.audienceRequests) return undefined;
  const thresholds = spikeThresholds(view, s);
  const factor = situationFactor(view, s);
  const arrival = arrivalThresholds(view, s);
  if (arrival && view.count30s >= arrival.fast * situation.surge)
    return verdict('arrival', view, view.count30s, 30_000, arrival.fast);
  if (arrival && view.count5m >= arrival.window * factor)
    return verdict('arrival', view, view.count5m, 300_000, arrival.window);
  const fastFactor = situation.surge * (isWork(view, s) ? s.workFactor : 1);
  const fastRule = view.count30s >= thresholds.fast * fastFactor ? fastRuleOf(view, s) : undefined;
  if (fastRule) return verdict(fastRule, view, view.count30s, 30_000, thresholds.fast);
  if (view.count5m < thresholds.window * factor) return undefined;
  return verdict(
    profile.warmUp === 'learning' ? 'learning' : 'baseline',
    view,
    view.count5m,
    300_000,
    thresholds.window,
  );
};

/** What the caller must reach, before what else was going on is looked at. */
export const spikeThresholds = (view: SpikeView, s: RequestSpikeSettings): SpikeThresholds => {
  const thresholds = view.profile.warmUp === 'learning' ? learningThresholds(view, s) : baselineThresholds(view, s);
  const arrival = arrivalThresholds(view, s);
  if (!arrival) return thresholds;
  return { window: Math.min(thresholds.window, arrival.window), fast: Math.min(thresholds.fast, arrival.fast) };
};

/**
 * Of a caller that came out of nothing while the others were watched: one client that asks one thing at a pace that no person has.
 * Undefined of those that were there from the first and those with a past; a crowd behind one address must be far louder.
 */
const arrivalThresholds = (view: SpikeView, s: RequestSpikeSettings): SpikeThresholds | undefined => {
  const { arrival, peers, profile } = view;
  if (profile.warmUp !== 'learning' || profile.requests >= s.learningRequests) return undefined;
  if (arrival.leadBuckets < s.arrivalLeadBuckets) return undefined;
  const alike = isAlike(view, s);
  if (!arrival.anonymous && !alike) return undefined;
  if (arrival.anonymous && alike)
    return {
      window: Math.min(
        Math.max(s.arrivalFloor, s.arrivalRatio * peers.q90, s.arrivalOverMax * peers.max),
        // what fifty others never did a fifth of is not how this API is used
        peers.callers < s.arrivalKnownPeers
          ? Infinity
          : Math.max(s.arrivalKnownFloor, s.arrivalKnownOverMax * peers.max),
      ),
      fast: Math.max(s.arrivalFloor30s, s.arrivalRatio * peers.q90, peers.max),
    };
  return {
    window: Number.POSITIVE_INFINITY,
    fast: Math.max(s.arrivalConsumerFloor30s, s.arrivalRatio * peers.max),
  };
};

const baselineThresholds = (view: SpikeView, s: RequestSpikeSettings): SpikeThresholds => {
  const { profile } = view;
  const provisional = profile.warmUp === 'provisional';
  const f = provisional ? s.provisionalFactor : 1;
  const mean = Math.max(profile.mean, 0.5);
  const window = Math.max(
    s.floor * f,
    s.minRatio * f * mean,
    upperQuantile(Math.log(s.maxProbability), mean, profile.size),
    s.noveltyOverP999 * f * profile.p999,
    s.noveltyOverMax * f * profile.max + 1,
    provisional ? s.provisionalAbruptness * view.recentMax : 0,
    provisional ? view.peers.q90 / 2 : 0,
  );
  // A minute's maximum bounds that of 30 s: bursts may fall into one half of it.
  return { window, fast: Math.max(s.fastFloor30s, s.fastRatio * profile.maxMinute, s.fastRatio * view.busiestBucket) };
};

const learningThresholds = (view: SpikeView, s: RequestSpikeSettings): SpikeThresholds => {
  const { profile, peers } = view;
  const ownMax = Math.max(profile.max, view.recentMax);
  const usual = Math.max(ownMax, peers.q90 / 2);
  const doubt = 1 + (s.learningDoubtMinutes * 60_000) / Math.max(60_000, profile.lifeMs);
  switch (evidenceOf(view, s)) {
    case 'established':
      return {
        window: Math.max(
          establishedFloor(view, ownMax, s),
          s.learningRatio * doubt * ownMax,
          (s.learningPeerRatio * peers.q90) / (1 + profile.lifeMs / (s.learningPeerHours * 3_600_000)),
          s.minRatio * profile.mean,
        ),
        fast: Math.max(s.fastFloor30s * 2, s.fastRatio * Math.max(profile.maxMinute, view.busiestBucket), 2 * usual),
      };
    case 'young':
      return {
        window: repeatThreshold(view, ownMax, s),
        fast: Math.max(
          isAlike(view, s) ? s.youngLoopFloor20s : s.youngFloor20s,
          s.youngRatio * 2 * view.busiestBucket,
          2 * usual,
        ),
      };
    case 'newcomer':
      return {
        window: Number.POSITIVE_INFINITY,
        fast:
          peers.callers < s.newcomerMinPeers && !(view.arrival.anonymous && isAlike(view, s))
            ? Number.POSITIVE_INFINITY
            : Math.max(s.newcomerCeiling30s, s.newcomerRatio * peers.max),
      };
  }
};

/**
 * One client that asks one thing over and over, and hardly asked before, is a loop. Who came long after the others is a customer that is being
 * taken on: it loads what it needs.
 */
const establishedFloor = (view: SpikeView, ownMax: number, s: RequestSpikeSettings): number => {
  const { arrival, profile } = view;
  const isNew = profile.lifeMs < s.onboardingHours * 3_600_000;
  if (isNew && !arrival.anonymous && arrival.leadBuckets >= s.onboardingLeadMinutes * MINUTE_BUCKETS)
    return s.onboardingFloor;
  return isAlike(view, s) && view.count5m >= s.loopRatio * ownMax ? s.loopFloor : s.learningFloor;
};

const isAlike = ({ arrival }: SpikeView, s: RequestSpikeSettings): boolean => arrival.monotony >= s.arrivalMonotony;

type Evidence = 'established' | 'young' | 'newcomer';

/** A first run of a job asks for one thing after the other; the same request hundreds of times is a loop, of however quiet a caller. */
const repeatThreshold = ({ arrival, peers, profile }: SpikeView, ownMax: number, s: RequestSpikeSettings): number =>
  arrival.sameness >= s.arrivalMonotony && profile.lifeMs >= s.repeatLifeMinutes * 60_000
    ? Math.max(s.repeatFloor, s.loopRatio * ownMax, s.arrivalRatio * peers.q90)
    : Number.POSITIVE_INFINITY;

/** How much a caller has shown before this burst. */
const evidenceOf = (view: SpikeView, s: RequestSpikeSettings): Evidence => {
  if (view.profile.activeMinutes >= s.learningActiveMinutes && view.profile.requests >= s.learningRequests)
    return 'established';
  return view.pastBuckets >= s.youngBuckets && view.pastRequests >= s.youngRequests ? 'young' : 'newcomer';
};

const fastRuleOf = (view: SpikeView, s: RequestSpikeSettings): SpikeRule | undefined => {
  if (view.profile.warmUp !== 'learning') return 'fast';
  const evidence = evidenceOf(view, s);
  if (evidence === 'established') return 'fast';
  if (evidence === 'newcomer') return 'newcomer';
  // The younger the caller, the shorter the look: its quiet life may lie within the same 30 s.
  return view.count20s >= spikeThresholds(view, s).fast ? 'young' : undefined;
};

const situationFactor = (view: SpikeView, s: RequestSpikeSettings): number => {
  const immature = view.profile.warmUp === 'learning' || view.profile.warmUp === 'provisional';
  return (
    view.situation.surge *
    Math.max(immature && view.situation.scheduledOnset ? s.scheduledFactor : 1, isWork(view, s) ? s.workFactor : 1)
  );
};

/** Reading and writing in turns, and all of it accepted, is a run of some work: month's end. A loop does one of them. */
const isWork = ({ arrival, situation }: SpikeView, s: RequestSpikeSettings): boolean =>
  !arrival.anonymous && situation.changes >= s.workShare && situation.changes <= 1 - s.workShare;

const verdict = (
  rule: SpikeRule,
  view: SpikeView,
  observed: number,
  windowMs: number,
  threshold: number,
): SpikeVerdict => {
  const { profile } = view;
  const usual = Math.max(1, profile.max, view.recentMax, rule === 'young' ? view.busiestBucket * 2 : 0);
  const ratio = observed / (rule === 'arrival' ? threshold : usual);
  const mean = Math.max(0.5, (profile.mean * windowMs) / 300_000);
  const p = profile.n === 0 ? 1 : Math.exp(Math.max(-690, logUpperTail(observed, mean, profile.size)));
  return {
    rule,
    threshold,
    observed,
    windowMs,
    ratio,
    p,
    severity: severityOf(rule, ratio, observed),
    confidence: confidenceOf(rule, view, ratio),
  };
};

const severityOf = (rule: SpikeRule, ratio: number, observed: number): Severity => {
  if (rule === 'fast') return ratio >= 50 && observed >= 3000 ? 'critical' : 'high';
  if (rule === 'newcomer') return 'medium';
  if (rule === 'arrival') return ratio >= 5 ? 'high' : 'medium';
  if (ratio >= 10) return 'high';
  return ratio >= 3 ? 'medium' : 'low';
};

/** See the confidence scale in the stage's README: 0.8 and more is safe to act on without a person. */
const confidenceOf = (rule: SpikeRule, view: SpikeView, ratio: number): number => {
  const grown = Math.min(0.14, 0.07 * Math.log2(Math.max(1, ratio)));
  switch (rule) {
    case 'fast':
      return view.profile.warmUp === 'learning' ? 0.9 : 0.95;
    case 'young':
      return 0.75;
    case 'newcomer':
      return 0.5;
    case 'arrival':
      return 0.65 + grown / 2;
    case 'learning':
      return 0.6 + grown;
    case 'baseline':
      return view.profile.warmUp === 'provisional' ? 0.65 + grown : Math.min(0.97, 0.8 + grown);
  }
};
